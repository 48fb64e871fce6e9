"""Times as tables show them: `5m12s`, `2d`."""

from __future__ import annotations

from datetime import UTC, datetime

UNKNOWN = "<unknown>"


def parse(text: str) -> datetime:
    """RFC 3339, with or without fractions."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def since(text: str | None, now: datetime) -> str:
    """The age of a moment; unknown when there is none."""
    return human((now - parse(text)).total_seconds()) if text else UNKNOWN


def human(seconds: float) -> str:
    """Two units at most, coarser with age."""
    whole = int(seconds)
    if whole < 0:
        return "<invalid>" if whole < -1 else "0s"
    if whole < 120:
        return f"{whole}s"
    minutes, hours = whole // 60, whole // 3600
    if hours < 3:
        return _pair(minutes, "m", whole % 60, "s") if minutes < 10 else f"{minutes}m"
    if hours < 48:
        return _pair(hours, "h", minutes % 60, "m") if hours < 8 else f"{hours}h"
    days = hours // 24
    if days < 365 * 2:
        return _pair(days, "d", hours % 24, "h") if days < 8 else f"{days}d"
    return _pair(days // 365, "y", days % 365, "d") if days < 365 * 8 else f"{days // 365}y"


def _pair(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large}{unit}{small}{small_unit}" if small else f"{large}{unit}"
