"""The loop that every controller runs in: keys in, `sync` per key, failures retried with back-off and logged."""

from __future__ import annotations

import asyncio
import logging
from typing import ClassVar

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.contracts import Change
from deployctl.sandbox.controllers.kit.events import Recorder
from deployctl.sandbox.controllers.kit.meta import Key, controller_of, key_of, namespace_of
from deployctl.sandbox.controllers.kit.queue import WorkQueue
from deployctl.sandbox.controllers.kit.tasks import Tasks
from deployctl.sandbox.controllers.kit.world import World

log = logging.getLogger("deployctl.sandbox")
WATCH_LATENCY = 0.01
"""Seconds from a write to the controllers that react to it, as seen on a real cluster with all on one machine."""


class Controller:
    """A subclass names itself, subscribes to what concerns it in `watch`, and brings one object on in `sync`."""

    name: ClassVar[str]
    manager: ClassVar[str] = "kube-controller-manager"

    def __init__(self, world: World) -> None:
        self.world, self.clock = world, world.clock
        self.tasks = Tasks()
        self.queue: WorkQueue[Key] = WorkQueue(world.clock, self.tasks, WATCH_LATENCY)
        self.events = Recorder(world, self.name, self.manager)
        self.watch()

    def watch(self) -> None:
        raise NotImplementedError

    def sync(self, key: Key) -> None:
        """Bring the object of this key one step on. Raises when it must be tried again."""
        raise NotImplementedError

    def enqueue(self, change: Change) -> None:
        self.queue.add(key_of(change.object))

    def enqueue_owner(self, kind: str, change: Change) -> None:
        """Queue the controller of this kind that owns the changed object."""
        owner = controller_of(change.object)
        if owner is not None and owner["kind"] == kind:
            self.queue.add((namespace_of(change.object), owner["name"]))

    async def run(self) -> None:
        try:
            while True:
                self._process(await self.queue.get())
                await asyncio.sleep(0)
        finally:
            await self.tasks.cancel()

    def _process(self, key: Key) -> None:
        try:
            self.sync(key)
        except ApiError as error:
            delay = self.queue.retry(key)
            log.info("%s: %s/%s: %s; again in %.3f s", self.name, *key, error, delay)
        except Exception:
            delay = self.queue.retry(key)
            log.exception("%s: %s/%s failed; again in %.3f s", self.name, *key, delay)
        else:
            self.queue.succeeded(key)
