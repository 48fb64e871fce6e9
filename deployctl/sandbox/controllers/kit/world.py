"""The cluster as control loops see it: reads that are always fresh, an index of who owns what, changes as they come.

`Objects` is called in-process and never awaits, so what a loop reads and writes between two awaits is one transaction:
no cache can be stale, no expectations need counting. Only the index of owners is kept, for speed; it is corrected by
every read.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Literal

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.contracts import Change, Clock, Faults, Object, Objects
from deployctl.sandbox.controllers.kit.backlog import Backlog
from deployctl.sandbox.controllers.kit.meta import Key, key_of, owner_uid, uid_of
from deployctl.sandbox.controllers.kit.tasks import Tasks

log = logging.getLogger("deployctl.sandbox")
NOT_SERVED_SECONDS = 2.0
Handler = Callable[[Change], None]
Propagation = Literal["Background", "Foreground", "Orphan"]


class World:
    """Shared by all control loops of one room, so that each resource is watched once."""

    def __init__(self, objects: Objects, clock: Clock, faults: Faults) -> None:
        self.objects, self.clock, self.faults = objects, clock, faults
        self._handlers: dict[str, list[Handler]] = defaultdict(list)
        self._owned: dict[str, dict[str, set[Key]]] = defaultdict(lambda: defaultdict(set))
        self._owner_of: dict[tuple[str, Key], str] = {}
        self._tasks: Tasks | None = None
        self.backlog = Backlog()
        """For events and statuses."""

    def subscribe(self, resource: str, handler: Handler) -> None:
        """Call `handler` for every change of `resource`; the present objects come first.

        A resource that is watched already gives its present objects to nobody a second time.
        """
        self._handlers[resource].append(handler)
        if self._tasks is not None and len(self._handlers[resource]) == 1:
            self._tasks.start(self._watch(resource), f"watch {resource}")

    def get(self, resource: str, namespace: str | None, name: str) -> Object | None:
        return self.objects.get(resource, namespace or None, name)

    def all(self, resource: str, namespace: str | None = None) -> list[Object]:
        return self.objects.list(resource, namespace)

    def owned(self, resource: str, owner: str) -> list[Object]:
        """What the controller with this uid owns, by name; owner "" gives the orphans of all namespaces."""
        keys = sorted(self._owned[resource].get(owner, ()))
        found = (self.get(resource, namespace, name) for namespace, name in keys)
        return [obj for obj in found if obj is not None and owner_uid(obj) == owner]

    def create(self, resource: str, body: Object, manager: str) -> Object:
        created = self.objects.create(resource, body, manager=manager)
        self._index(resource, created)
        return created

    def update(self, resource: str, body: Object, manager: str, subresource: str = "") -> Object:
        updated = self.objects.update(resource, body, manager=manager, subresource=subresource)
        self._index(resource, updated)
        return updated

    def update_status(self, resource: str, obj: Object, status: Object, manager: str) -> Object:
        """Write `status` onto the object as it is now; returns what was there when nothing differs."""
        if obj.get("status") == status:
            return obj
        return self.update(resource, {**obj, "status": status}, manager, "status")

    def delete(
        self,
        resource: str,
        obj: Object,
        *,
        grace_seconds: int | None = None,
        propagation: Propagation = "Background",
    ) -> None:
        """Delete this very object; one of the same name that came later stays."""
        namespace, name = key_of(obj)
        uid = uid_of(obj)
        self.objects.delete(
            resource, namespace or None, name, uid=uid, grace_seconds=grace_seconds, propagation=propagation
        )

    async def run(self) -> None:
        """Watch everything that was subscribed to, until cancelled."""
        self._tasks = Tasks()
        self._tasks.start(self.backlog.run(), "backlog")
        try:
            watches = [self._tasks.start(self._watch(resource), f"watch {resource}") for resource in self._handlers]
            for watch in watches:
                await watch
        finally:
            await self._tasks.cancel()

    async def _watch(self, resource: str) -> None:
        """A kind that is not served, or no longer, may come (back) with its definition."""
        while True:
            try:
                await self._follow(resource)
            except ApiError as error:
                log.debug("%s cannot be watched: %s", resource, error)
            await self.clock.sleep(NOT_SERVED_SECONDS)

    async def _follow(self, resource: str) -> None:
        async for change in self.objects.watch(resource):
            self._observe(resource, change)
            for handler in self._handlers[resource]:
                try:
                    handler(change)
                except Exception:
                    log.exception("a handler of %s failed", resource)

    def _observe(self, resource: str, change: Change) -> None:
        if change.type == "DELETED" and self.get(resource, *key_of(change.object)) is None:
            self._forget(resource, key_of(change.object))
        else:
            self._index(resource, change.object)

    def _index(self, resource: str, obj: Object) -> None:
        key, owner = key_of(obj), owner_uid(obj)
        if self._owner_of.get((resource, key)) != owner:
            self._forget(resource, key)
            self._owner_of[resource, key] = owner
            self._owned[resource][owner].add(key)

    def _forget(self, resource: str, key: Key) -> None:
        owner = self._owner_of.pop((resource, key), None)
        if owner is None:
            return
        owned = self._owned[resource]
        owned[owner].discard(key)
        if not owned[owner]:
            del owned[owner]
