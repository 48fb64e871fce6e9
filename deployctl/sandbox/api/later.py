"""Things that the cluster's own controllers do a while after a write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from deployctl.sandbox.contracts import Clock


class Later:
    """Runs actions after some of the clock's seconds; at once where no loop runs, as in a script."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def call(self, seconds: float, action: Callable[[], None]) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            action()
            return
        task = loop.create_task(self._run(seconds, action))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, seconds: float, action: Callable[[], None]) -> None:
        await self._clock.sleep(seconds)
        action()
