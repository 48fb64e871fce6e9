"""Changing objects: take over what `kubectl apply` left, then server-side apply."""

from __future__ import annotations

from collections.abc import Mapping

from deployctl.adapters.kubernetes import objects, paths
from deployctl.adapters.kubernetes.connection import Answer, Connection, Request
from deployctl.adapters.kubernetes.definitions import Definitions
from deployctl.adapters.kubernetes.masking import secret_values
from deployctl.adapters.kubernetes.objects import DRY_RUN, Placed
from deployctl.adapters.kubernetes.reader import KubernetesCluster
from deployctl.adapters.kubernetes.rejections import no_kind, rejection
from deployctl.adapters.kubernetes.restart import stamp_restart
from deployctl.adapters.retries import CONFLICT, Transient, retrying
from deployctl.adapters.side_by_side import side_by_side
from deployctl.model.json import text
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.server_side import (
    after_migration,
    client_side_managers,
    migration_patch,
    replacement_patch,
    without_restart_stamp,
)
from deployctl.ports import FIELD_MANAGER, Clock, ClusterRejected

DELETION = 120.0
"""Seconds that a Job and its pods may take to go."""


class KubernetesWriter:
    """The `Writer` port on a real API server."""

    def __init__(self, connection: Connection, cluster: KubernetesCluster, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._definitions = Definitions(connection, cluster, clock)
        self._secrets: frozenset[str] = frozenset()

    def dry_run(self, manifests: tuple[Manifest, ...]) -> Mapping[ObjectRef, Manifest | ClusterRejected]:
        self._secrets |= secret_values(manifests)
        brought = frozenset(m.ref.name for m in manifests if m.ref.kind == "Namespace")
        defined = self._definitions.kinds_in(manifests)

        def predict(manifest: Manifest) -> Manifest | ClusterRejected:
            if (manifest.ref.api_version, manifest.ref.kind) in defined and not self._definitions.serves(manifest.ref):
                return manifest
            try:
                return self._predict(self._wanted(manifest), brought)
            except ClusterRejected as refused:
                return refused

        return dict(zip((m.ref for m in manifests), side_by_side(predict, manifests), strict=True))

    def apply(self, manifest: Manifest) -> Manifest:
        self._secrets |= secret_values((manifest,))
        one = self._placed(manifest)
        retrying(CONFLICT, self._clock, lambda: self._migrate(one))
        applied = self._accepted(
            one, self._definitions.send(lambda: objects.apply(self._connection, one, FIELD_MANAGER))
        )
        self._definitions.applied(applied)
        return applied

    def stamp_restart(self, applied: Manifest, stamp: str) -> Manifest:
        return stamp_restart(self._connection, self._clock, self._placed(applied), stamp)

    def recreate(self, manifest: Manifest) -> Manifest:
        one = self._placed(manifest)
        live = objects.get(self._connection, one)
        if live.ok:
            self._delete(one, Manifest(one.ref, live.json()))
        return self.apply(manifest)

    def create_pod(self, pod: Manifest) -> str:
        namespace = self._connection.settings.namespace
        ref = ObjectRef("v1", "Pod", namespace, pod.ref.name)
        query = (("fieldManager", FIELD_MANAGER),)
        create = Request("POST", paths.collection(paths.PODS, namespace), query, pod.body, repeatable=True)

        def attempt() -> Answer:
            answer = self._connection.send(create)
            if answer.status != 409:
                return answer
            if text(answer.json(), "reason") != "AlreadyExists":  # two that count against a quota at the same time
                raise Transient(rejection(ref, answer))
            return self._connection.send(Request("GET", paths.item(paths.PODS, namespace, ref.name)))

        answer = retrying(CONFLICT, self._clock, attempt)
        if not answer.ok:
            raise rejection(ref, answer)
        return Manifest(ref, answer.json()).uid

    def delete_pod(self, name: str, uid: str) -> bool:
        namespace = self._connection.settings.namespace
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": uid}}
        path = paths.item(paths.PODS, namespace, name)
        answer = self._connection.send(Request("DELETE", path, body=body, repeatable=True))
        if answer.status in (404, 409):
            return False
        if not answer.ok:
            raise rejection(ObjectRef("v1", "Pod", namespace, name), answer)
        return True

    def _placed(self, manifest: Manifest) -> Placed:
        kind = self._definitions.kind(manifest.ref)
        if kind is None:
            raise no_kind(manifest.ref)
        return objects.place(manifest, kind, self._connection.settings.namespace)

    def _wanted(self, manifest: Manifest) -> Placed:
        return self._placed(Manifest(manifest.ref, without_restart_stamp(manifest.body)))

    def _predict(self, one: Placed, brought: frozenset[str]) -> Manifest:
        answer = objects.apply(self._connection, one, FIELD_MANAGER, DRY_RUN)
        if answer.status == 404 and one.ref.namespace in brought:
            return one.manifest  # the namespace comes with this very release
        applied = self._accepted(one, answer)
        if not client_side_managers(applied.body):
            return applied
        return self._predict_migrated(one, applied)

    def _predict_migrated(self, one: Placed, applied: Manifest) -> Manifest:
        """The migration cannot be dry-run together with the apply, so what it lets us remove is taken out here, and the
        API server asked once more: it sets defaults again, and refuses what would not be valid without them."""
        live = self._accepted(one, objects.get(self._connection, one))
        operations = replacement_patch(live.body, after_migration(applied.body))
        return self._accepted(one, objects.patch(self._connection, one, operations, FIELD_MANAGER, DRY_RUN))

    def _migrate(self, one: Placed) -> None:
        live = objects.get(self._connection, one)
        operations = migration_patch(live.json(), FIELD_MANAGER) if live.ok else None
        if operations is None:
            return
        answer = objects.patch(self._connection, one, operations, FIELD_MANAGER)
        if answer.status == 409:
            raise Transient(rejection(one.ref, answer, self._secrets))
        self._accepted(one, answer)

    def _accepted(self, one: Placed, answer: Answer) -> Manifest:
        if not answer.ok:
            raise rejection(one.ref, answer, self._secrets)
        return Manifest(one.ref, answer.json())

    def _delete(self, one: Placed, live: Manifest) -> None:
        answer = objects.delete(self._connection, one, live.uid)
        if not answer.ok and answer.status != 404:
            raise rejection(one.ref, answer)
        deadline = self._clock.monotonic() + DELETION
        while self._exists(one, live.uid):
            if self._clock.monotonic() > deadline:
                raise ClusterRejected(
                    f"the old one is still there {DELETION:.0f} s after it was deleted",
                    ref=one.ref,
                    status=409,
                    reason="StillThere",
                    action=f"look for finalizers and running pods: kubectl describe {one.ref} -n {one.ref.namespace}",
                )
            self._clock.sleep(0.3)

    def _exists(self, one: Placed, uid: str) -> bool:
        answer = objects.get(self._connection, one)
        return answer.ok and Manifest(one.ref, answer.json()).uid == uid
