"""A work queue: keys wait until they are due, are handed out once, and come back later when their work failed."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from deployctl.sandbox.contracts import Clock
from deployctl.sandbox.controllers.kit.tasks import Tasks, Timers

K = TypeVar("K", bound=Hashable)
FIRST_RETRY, LAST_RETRY = 0.005, 1000.0
"""Seconds; doubled with every failure, as client-go's default rate limiter does."""


class WorkQueue(Generic[K]):
    """Adding a key that already waits only ever makes it come earlier: a burst of changes is one piece of work."""

    def __init__(self, clock: Clock, tasks: Tasks, latency: float) -> None:
        self._clock, self._timers, self._latency = clock, Timers(clock, tasks), latency
        self._waiting: dict[K, tuple[float, asyncio.Task[Any]]] = {}
        self._ready: asyncio.Queue[K] = asyncio.Queue()
        self._failures: dict[K, int] = {}

    def add(self, key: K, after: float = 0.0) -> None:
        """Hand out `key` in `after` seconds, or at once save for the time that a real watch needs to arrive."""
        delay = max(after, self._latency)
        due = self._clock.monotonic() + delay
        waiting = self._waiting.get(key)
        if waiting is not None:
            if waiting[0] <= due:
                return
            waiting[1].cancel()
        self._waiting[key] = due, self._timers.after(delay, lambda: self._come_due(key))

    def retry(self, key: K) -> float:
        """Hand out a failed key again after its back-off, which is returned."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay = float(min(LAST_RETRY, FIRST_RETRY * 2**failures))
        self.add(key, delay)
        return delay

    def succeeded(self, key: K) -> None:
        self._failures.pop(key, None)

    async def get(self) -> K:
        return await self._ready.get()

    def _come_due(self, key: K) -> None:
        self._waiting.pop(key, None)
        self._ready.put_nowait(key)
