"""Garbage collection: dependents follow their owners, in the background, in the foreground, or not at all."""

from __future__ import annotations

from collections import defaultdict
from typing import ClassVar

from deployctl.sandbox.contracts import Change, Object
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.kinds import BUILT_IN, CLUSTER_SCOPED, custom_kinds
from deployctl.sandbox.controllers.kit.meta import Key, is_deleting, key_of, namespace_of, uid_of, with_metadata

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
Place = tuple[str, Key]
"""Resource and key."""


class GarbageCollector(Controller):
    """Keys of its queue are uids: of an owner that went, is going, or of a dependent whose owner may be missing."""

    name: ClassVar[str] = "garbage-collector"

    def watch(self) -> None:
        self._kinds = dict(BUILT_IN)
        self._places: dict[str, Place] = {}
        self._dependents: dict[str, set[str]] = defaultdict(set)
        self._owners: dict[str, tuple[str, ...]] = {}
        for resource in sorted(set(BUILT_IN.values())):
            self._follow(resource)
        self.world.subscribe("customresourcedefinitions.apiextensions.k8s.io", self._definition_changed)

    def _follow(self, resource: str) -> None:
        self.world.subscribe(resource, lambda change: self._changed(resource, change))

    def _definition_changed(self, change: Change) -> None:
        """A new kind may have owners and dependents too."""
        if change.type != "DELETED":
            kinds = custom_kinds(change.object)
            for resource in set(kinds.values()) - set(self._kinds.values()):
                self._follow(resource)
            self._kinds.update(kinds)

    def _changed(self, resource: str, change: Change) -> None:
        obj, uid = change.object, uid_of(change.object)
        if change.type == "DELETED":
            self._forget(uid)
            self._enqueue(uid)
            return
        self._places[uid] = (resource, key_of(obj))
        owners = tuple(reference["uid"] for reference in obj["metadata"].get("ownerReferences") or ())
        if self._owners.get(uid, ()) != owners:
            self._relate(uid, owners)
            self._enqueue(uid)
        if is_deleting(obj) and {FOREGROUND, ORPHAN} & set(obj["metadata"].get("finalizers") or ()):
            self._enqueue(uid)

    def _enqueue(self, uid: str) -> None:
        self.queue.add(("", uid))

    def _relate(self, uid: str, owners: tuple[str, ...]) -> None:
        for owner in self._owners.pop(uid, ()):
            self._dependents[owner].discard(uid)
        if owners:
            self._owners[uid] = owners
            for owner in owners:
                self._dependents[owner].add(uid)

    def _forget(self, uid: str) -> None:
        self._places.pop(uid, None)
        owners = self._owners.pop(uid, ())
        for owner in owners:
            self._dependents[owner].discard(uid)
            self._enqueue(owner)

    def sync(self, key: Key) -> None:
        uid = key[1]
        obj = self._object(uid)
        if obj is None:
            for dependent in sorted(self._dependents.pop(uid, set())):
                self._collect(dependent)
            return
        finalizers = obj["metadata"].get("finalizers") or ()
        if is_deleting(obj) and FOREGROUND in finalizers:
            self._delete_in_foreground(obj)
        elif is_deleting(obj) and ORPHAN in finalizers:
            self._orphan(obj)
        elif self._owners.get(uid):
            self._collect(uid)

    def _object(self, uid: str) -> Object | None:
        place = self._places.get(uid)
        obj = self.world.get(place[0], *place[1]) if place else None
        return obj if obj is not None and uid_of(obj) == uid else None

    def _collect(self, uid: str) -> None:
        """Delete a dependent none of whose owners is left; else drop the references to those that went."""
        obj = self._object(uid)
        if obj is None or is_deleting(obj):
            return
        references = obj["metadata"].get("ownerReferences") or []
        alive = [r for r in references if self._exists(obj, r)]
        if references and not alive:
            self.world.delete(self._places[uid][0], obj)
        elif len(alive) < len(references):
            self.world.update(self._places[uid][0], with_metadata(obj, ownerReferences=alive), self.manager)

    def _exists(self, obj: Object, reference: Object) -> bool:
        if reference["uid"] in self._places:
            return self._object(reference["uid"]) is not None
        resource = self._kinds.get((reference.get("apiVersion", ""), reference["kind"]))
        if resource is None:
            return True  # a kind that nobody knows is never taken for absent
        namespace = None if resource in CLUSTER_SCOPED else namespace_of(obj)
        owner = self.world.get(resource, namespace, reference["name"])
        return owner is not None and uid_of(owner) == reference["uid"]

    def _delete_in_foreground(self, owner: Object) -> None:
        """First the dependents; the owner goes when none is left that blocks it."""
        waiting = False
        for uid in sorted(self._dependents.get(uid_of(owner), set())):
            dependent = self._object(uid)
            if dependent is None:
                continue
            waiting = waiting or _blocks(dependent, owner)
            if not is_deleting(dependent):
                self.world.delete(self._places[uid][0], dependent, propagation="Foreground")
        if not waiting:
            self._unfinalize(owner, FOREGROUND)

    def _orphan(self, owner: Object) -> None:
        for uid in sorted(self._dependents.get(uid_of(owner), set())):
            dependent = self._object(uid)
            if dependent is not None:
                kept = [r for r in dependent["metadata"]["ownerReferences"] if r["uid"] != uid_of(owner)]
                place = self._places[uid]
                self.world.update(place[0], with_metadata(dependent, ownerReferences=kept), self.manager)
        self._unfinalize(owner, ORPHAN)

    def _unfinalize(self, obj: Object, finalizer: str) -> None:
        live = self._object(uid_of(obj))
        if live is not None:
            kept = [f for f in live["metadata"].get("finalizers") or () if f != finalizer]
            self.world.update(self._places[uid_of(obj)][0], with_metadata(live, finalizers=kept), self.manager)


def _blocks(dependent: Object, owner: Object) -> bool:
    references = dependent["metadata"].get("ownerReferences") or ()
    return any(r["uid"] == uid_of(owner) and r.get("blockOwnerDeletion") for r in references)
