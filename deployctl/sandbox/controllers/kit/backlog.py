"""Small writes that nobody waits for, one each turn of the loop: a thousand pods starting at once stop nobody else."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

log = logging.getLogger("deployctl.sandbox")


class Backlog:
    """First in, first out."""

    def __init__(self) -> None:
        self._calls: deque[Callable[[], object]] = deque()
        self._some = asyncio.Event()

    def add(self, call: Callable[[], object]) -> None:
        self._calls.append(call)
        self._some.set()

    async def run(self) -> None:
        """Make the calls as they come, until cancelled."""
        while True:
            while self._calls:
                self._make(self._calls.popleft())
                await asyncio.sleep(0)
            self._some.clear()
            await self._some.wait()

    def _make(self, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception:
            log.exception("a write in the background failed")
