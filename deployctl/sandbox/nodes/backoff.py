"""Pauses that double, as a kubelet keeps them. Pure but for its own memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Backoff:
    """`first` seconds, doubled up to `longest`; forgotten when nothing failed for twice the longest."""

    first: float
    longest: float
    current: float = 0.0
    _updated: float = 0.0

    def next(self, now: float) -> None:
        """Note a further attempt at `now`."""
        if self.current == 0 or now - self._updated > 2 * self.longest:
            self.current = self.first
        else:
            self.current = min(self.longest, self.current * 2)
        self._updated = now

    def left(self, since: float, now: float) -> float:
        """Seconds still to wait, counted from `since`."""
        if self.current == 0 or since - self._updated > 2 * self.longest:
            return 0.0
        return max(0.0, since + self.current - now)


def go_duration(seconds: float) -> str:
    """`1m20s`, `1.234s`, `250ms`: a duration as Go prints it, cut to milliseconds."""
    millis = int(seconds * 1000)
    if millis == 0:
        return "0s"
    if millis < 1000:
        return f"{millis}ms"
    minutes, rest = divmod(millis, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text
