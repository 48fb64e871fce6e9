"""What a container wrote, with times; the newest lines are kept."""

from __future__ import annotations

from collections import deque
from datetime import datetime

LINES_KEPT = 5000
Line = tuple[datetime, str]


class LogBuffer:
    """The log of one run of a container."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque(maxlen=LINES_KEPT)

    def write(self, moment: datetime, text: str) -> None:
        self._lines.extend((moment, line) for line in text.splitlines() or [""])

    def lines(self) -> list[Line]:
        return list(self._lines)
