"""New pods of an unchanged template, exactly once a release."""

from __future__ import annotations

from deployctl.adapters.kubernetes import objects
from deployctl.adapters.kubernetes.connection import Connection
from deployctl.adapters.kubernetes.objects import Placed
from deployctl.adapters.kubernetes.rejections import rejection
from deployctl.adapters.retries import CONFLICT, Transient, retrying
from deployctl.model.json import Json, dig, mapping, text
from deployctl.model.manifest import Manifest
from deployctl.model.workload import RESTARTED_AT
from deployctl.ports import RESTART_MANAGER, Clock, ClusterRejected

RESTARTED_KINDS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})


def stamp_restart(connection: Connection, clock: Clock, one: Placed, stamp: str) -> Manifest:
    """Set the restart annotation on the object as `one` shows it.

    A controller's write to its status moves the resourceVersion all the time; so a conflict is looked at: the same
    object with the same template is tried again, anything else is what the caller did not mean to restart.
    """
    if one.ref.kind not in RESTARTED_KINDS:
        raise _refused(one, "NotRestartable", f"a {one.ref.kind} has no pods to be made anew")
    if dig(one.manifest.body, "spec", "paused") is True:
        resume = f"kubectl rollout resume {one.ref} -n {one.ref.namespace}"
        raise _refused(one, "Paused", "the Deployment is paused, so that no new pods would come", resume)
    current = [one.manifest.body]

    def attempt() -> Manifest:
        answer = objects.apply(connection, one, RESTART_MANAGER, body=_stamp(current[0], stamp))
        if answer.ok:
            return Manifest(one.ref, answer.json())
        conflict = rejection(one.ref, answer)
        if answer.status != 409:
            raise conflict
        live = objects.get(connection, one).json()
        if stamped(live) == stamp:
            return Manifest(one.ref, live)
        if not _same(live, one.manifest.body):
            raise conflict
        current[0] = live
        raise Transient(conflict)

    if stamped(one.manifest.body) == stamp:
        return one.manifest
    return retrying(CONFLICT, clock, attempt)


def stamped(body: Json) -> str:
    """The restart annotation of a workload's pods."""
    return text(body, "spec", "template", "metadata", "annotations", RESTARTED_AT)


def _same(live: Json, applied: Json) -> bool:
    paths = (("metadata", "uid"), ("spec", "template"))
    return all(dig(live, *path) == dig(applied, *path) for path in paths)


def _stamp(body: Json, stamp: str) -> Json:
    guarded = ("name", "namespace", "uid", "resourceVersion")
    return {
        "apiVersion": body.get("apiVersion"),
        "kind": body.get("kind"),
        "metadata": {key: value for key, value in mapping(body, "metadata").items() if key in guarded},
        "spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: stamp}}}},
    }


def _refused(one: Placed, reason: str, what: str, action: str = "") -> ClusterRejected:
    return ClusterRejected(what, ref=one.ref, status=0, reason=reason, action=action)
