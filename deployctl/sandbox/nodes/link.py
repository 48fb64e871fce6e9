"""A node's link to the registries: transfers at the same time share its bandwidth."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from deployctl.sandbox.contracts import Clock
from deployctl.sandbox.nodes.waiting import happens


class Link:
    """Fair sharing; the bandwidth may change while transfers run (`bandwidth` answers for now)."""

    def __init__(self, clock: Clock, bandwidth: Callable[[], float]) -> None:
        self._clock, self._bandwidth = clock, bandwidth
        self._running = 0
        self._changed = asyncio.Event()

    def notice(self) -> None:
        """Something that decides the speed has changed: transfers reckon anew."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def transfer(self, size: float, cap: Callable[[], float]) -> None:
        """Return when `size` bytes are through; `cap` bounds this transfer's own bytes per second."""
        left = float(size)
        self._running += 1
        self.notice()
        try:
            while left > 0.5:
                rate = max(1.0, min(self._bandwidth() / self._running, cap()))
                began = self._clock.monotonic()
                await happens(self._clock, self._changed, left / rate)
                left -= (self._clock.monotonic() - began) * rate
        finally:
            self._running -= 1
            self.notice()
