"""Deleting: grace periods, finalizers, propagation; and what goes when the last finalizer does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from deployctl.sandbox.api.definitions import FINALIZER as CLEANUP
from deployctl.sandbox.api.definitions import RESOURCE as DEFINITIONS
from deployctl.sandbox.api.definitions import terminating
from deployctl.sandbox.api.errors import Resource, conflict, forbidden, not_found
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.strategy import timestamp
from deployctl.sandbox.api.tables.ages import parse
from deployctl.sandbox.api.writer import NO_PRECONDITIONS, Preconditions, Writer
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import clone

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

Propagation = Literal["Background", "Foreground", "Orphan"]
_IMMORTAL = ("default", "kube-system", "kube-public")
_FINALIZER = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}


@dataclass(frozen=True)
class DeleteOptions:
    grace_seconds: int | None = None
    propagation: Propagation | None = None
    preconditions: Preconditions = NO_PRECONDITIONS


@dataclass(frozen=True)
class Deleted:
    """The object as it was last; `gone` when nothing holds it back any more."""

    object: Object
    gone: bool


def delete(cluster: Cluster, kind: Kind, namespace: str, name: str, options: DeleteOptions, writer: Writer) -> Deleted:
    """Raises ApiError: 404, or 409 when a precondition fails."""
    live = cluster.live(kind, namespace, name)
    if live is None:
        raise not_found(resource_of(kind), name)
    if kind.resource == "namespaces" and name in _IMMORTAL:
        raise forbidden(resource_of(kind), name, "this namespace may not be deleted")
    _check(kind, live, options.preconditions)
    marked = _mark(cluster, kind, live, options)
    gone = _may_go(marked)
    if writer.dry_run:
        return Deleted(marked, gone)
    if gone:
        return Deleted(cluster.purge(kind, marked if kind.resource == "pods" else live), gone=True)
    if marked != live:
        marked = cluster.put(kind, marked)
        cluster.hooks.updated(kind, live, marked)
    return Deleted(marked, gone=False)


def _mark(cluster: Cluster, kind: Kind, live: Object, options: DeleteOptions) -> Object:
    """The object as being deleted: time, grace period and the finalizer of the propagation policy."""
    obj: Object = clone(live)
    metadata = obj["metadata"]
    _add_propagation(metadata, options.propagation)
    if kind.resource in _OWN_WAY:
        _OWN_WAY[kind.resource](obj, timestamp(cluster.clock.now()))
        return obj
    _set_time(metadata, cluster.clock.now(), _grace(kind, live, options.grace_seconds))
    return obj


def _delete_definition(crd: Object, now: str) -> None:
    metadata = crd["metadata"]
    metadata.setdefault("deletionTimestamp", now)
    if CLEANUP not in (metadata.get("finalizers") or []):
        metadata["finalizers"] = [*(metadata.get("finalizers") or []), CLEANUP]
    crd["status"] = terminating(crd, now, pending=True)


def _delete_namespace(namespace: Object, now: str) -> None:
    namespace["metadata"].setdefault("deletionTimestamp", now)
    namespace["status"] = {**(namespace.get("status") or {}), "phase": "Terminating"}


_OWN_WAY = {DEFINITIONS: _delete_definition, "namespaces": _delete_namespace}
"""Kinds that say in their status that they are going, and know no grace period."""


def _set_time(metadata: Object, now: datetime, grace: int) -> None:
    """When the object is to be gone; a second delete can only shorten that."""
    if not metadata.get("deletionTimestamp"):
        metadata["deletionTimestamp"] = timestamp(now + timedelta(seconds=grace))
        if "generation" in metadata:
            metadata["generation"] += 1
    elif grace < (before := metadata.get("deletionGracePeriodSeconds") or 0):
        moved = parse(metadata["deletionTimestamp"]) - timedelta(seconds=before - grace)
        metadata["deletionTimestamp"] = timestamp(moved)
    else:
        return
    metadata["deletionGracePeriodSeconds"] = grace


def _check(kind: Kind, live: Object, wanted: Preconditions) -> None:
    """Raises ApiError 409, which names the kind rather than the resource here."""
    metadata, name = live["metadata"], Resource(kind.group, kind.kind)
    if wanted.uid and wanted.uid != metadata["uid"]:
        why = (
            f"the UID in the precondition ({wanted.uid}) does not match the UID in record ({metadata['uid']}). "
            "The object might have been deleted and then recreated"
        )
        raise conflict(name, metadata["name"], why)
    if wanted.resource_version and wanted.resource_version != metadata["resourceVersion"]:
        why = (
            f"the ResourceVersion in the precondition ({wanted.resource_version}) does not match the ResourceVersion "
            f"in record ({metadata['resourceVersion']}). The object might have been modified"
        )
        raise conflict(name, metadata["name"], why)


def _add_propagation(metadata: Object, propagation: Propagation | None) -> None:
    finalizer = _FINALIZER.get(propagation or "")
    others = [f for f in metadata.get("finalizers") or [] if propagation is None or f not in _FINALIZER.values()]
    finalizers = [*others, finalizer] if finalizer else others
    if finalizers:
        metadata["finalizers"] = finalizers
    else:
        metadata.pop("finalizers", None)


def _grace(kind: Kind, live: Object, asked: int | None) -> int:
    """Seconds. Only pods that run on a node have any."""
    if kind.resource != "pods":
        return 0
    spec, phase = live.get("spec") or {}, (live.get("status") or {}).get("phase")
    if not spec.get("nodeName") or phase in {"Succeeded", "Failed"}:
        return 0
    grace = spec.get("terminationGracePeriodSeconds", 30) if asked is None else asked
    return max(1, grace) if grace < 0 else int(grace)


def _may_go(obj: Object) -> bool:
    metadata = obj["metadata"]
    held = metadata.get("finalizers") or (obj.get("spec") or {}).get("finalizers")
    return not held and not metadata.get("deletionGracePeriodSeconds")


def finalized(obj: Object) -> bool:
    """Whether an object that is being deleted has nothing left that holds it back."""
    return bool(obj["metadata"].get("deletionTimestamp")) and _may_go(obj)
