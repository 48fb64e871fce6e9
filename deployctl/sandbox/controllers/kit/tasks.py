"""Background tasks that end together, and calls that are due later. All time is the clock's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from deployctl.sandbox.contracts import Clock

log = logging.getLogger("deployctl.sandbox")


class Tasks:
    """Owns tasks; `cancel` ends them all and waits for them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any], name: str = "") -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work, name=name or None)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("task %s failed", task.get_name(), exc_info=task.exception())

    async def cancel(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Timers:
    """Calls that are due later; the handle is the task, to be cancelled when nobody waits any more."""

    def __init__(self, clock: Clock, tasks: Tasks) -> None:
        self._clock, self._tasks = clock, tasks

    def after(self, seconds: float, call: Callable[[], None]) -> asyncio.Task[Any]:
        return self._tasks.start(self._later(seconds, call), "timer")

    async def _later(self, seconds: float, call: Callable[[], None]) -> None:
        await self._clock.sleep(seconds)
        call()
