"""A Clock whose sleeps take no time but are counted."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class HurriedClock:
    """Real time plus all that was slept."""

    def __init__(self) -> None:
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=sum(self.sleeps))

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.sleeps)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
