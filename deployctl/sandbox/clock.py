"""The sandbox's time: the wall's, faster, or moved by hand. Both implement `contracts.Clock`."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta


class ScaledClock:
    """Real time running `speed` times as fast, from the moment it was made. `speed=1` is the wall clock."""

    def __init__(self, speed: float = 1.0) -> None:
        self._started = datetime.now(UTC)
        self._origin, self._passed, self._speed = time.monotonic(), 0.0, 1.0
        self.set_speed(speed)

    def set_speed(self, speed: float) -> None:
        """From now on; who sleeps already wakes as was arranged. Raises ValueError for a speed of 0 or less."""
        if speed <= 0:
            raise ValueError("speed must be above 0")
        self._passed, self._origin, self._speed = self.monotonic(), time.monotonic(), speed

    def now(self) -> datetime:
        return self._started + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds of sandbox time since the clock was made."""
        return self._passed + (time.monotonic() - self._origin) * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._speed)


class ManualClock:
    """Time that stands still until `advance`; sleepers wake in the order in which their time comes."""

    def __init__(self, start: datetime = datetime(2025, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sequence = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds advanced since the clock was made."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._sequence), wake))
        await wake

    async def advance(self, seconds: float) -> None:
        """Move on, stopping at every sleeper on the way and letting whatever it wakes settle first."""
        end = self._elapsed + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, wake = heapq.heappop(self._sleepers)
            self._elapsed = max(self._elapsed, due)
            if not wake.done():
                wake.set_result(None)
                await settle()
        self._elapsed = end


async def settle(turns: int = 50) -> None:
    """Give every runnable task a few turns of the loop, so that what follows from a change has happened."""
    for _ in range(turns):
        await asyncio.sleep(0)
