"""Cron expressions: five fields, names, ranges, steps, lists, and the @ words. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

WORDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
MONTHS = {
    name: number + 1
    for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
}
DAYS = {name: number for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
FURTHEST = timedelta(days=5 * 366)


@dataclass(frozen=True)
class Schedule:
    """The minutes, hours … that match; `any_day`/`any_weekday` say that the field was `*`."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def next_after(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """The first matching minute after `moment`; None when there is none within five years."""
        local = moment.astimezone(zone).replace(second=0, microsecond=0) + timedelta(minutes=1)
        end = local + FURTHEST
        while local < end:
            if not self._day_matches(local):
                local = (local + timedelta(days=1)).replace(hour=0, minute=0)
            elif local.hour not in self.hours:
                local = (local + timedelta(hours=1)).replace(minute=0)
            elif local.minute not in self.minutes:
                local += timedelta(minutes=1)
            else:
                return local.astimezone(moment.tzinfo)
        return None

    def between(self, after: datetime, until: datetime, zone: tzinfo) -> Iterator[datetime]:
        """Every due time in (after, until]."""
        due = self.next_after(after, zone)
        while due is not None and due <= until:
            yield due
            due = self.next_after(due, zone)

    def _day_matches(self, moment: datetime) -> bool:
        """Day and weekday are alternatives when both are restricted."""
        if moment.month not in self.months:
            return False
        day, weekday = moment.day in self.days, moment.isoweekday() % 7 in self.weekdays
        return (day and weekday) if self.any_day or self.any_weekday else (day or weekday)


def parse_schedule(text: str) -> Schedule:
    """Raises ValueError saying what is wrong."""
    fields = WORDS.get(text.strip(), text).split()
    if len(fields) != 5:
        raise ValueError(f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]")
    names: tuple[dict[str, int], ...] = ({}, {}, {}, MONTHS, DAYS)
    sets = [_field(f, low, high, n) for f, (low, high), n in zip(fields, BOUNDS, names, strict=True)]
    weekdays = frozenset(day % 7 for day in sets[4])
    return Schedule(sets[0], sets[1], sets[2], sets[3], weekdays, _is_any(fields[2]), _is_any(fields[4]))


def _is_any(field: str) -> bool:
    return field.startswith(("*", "?"))


def _field(text: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        start, end = _span(span, low, high, names, open_ended=bool(slash))
        if slash and (not step.isdigit() or int(step) == 0):
            raise ValueError(f"step of range should be a positive number: {part}")
        values.update(range(start, end + 1, int(step) if slash else 1))
    return frozenset(values)


def _span(text: str, low: int, high: int, names: dict[str, int], *, open_ended: bool) -> tuple[int, int]:
    if text in ("*", "?"):
        return low, high
    first, dash, last = text.partition("-")
    start = _number(first, names)
    end = _number(last, names) if dash else high if open_ended else start
    if start < low:
        raise ValueError(f"beginning of range ({start}) below minimum ({low}): {text}")
    if end > high:
        raise ValueError(f"end of range ({end}) above maximum ({high}): {text}")
    if start > end:
        raise ValueError(f"beginning of range ({start}) beyond end of range ({end}): {text}")
    return start, end


def _number(text: str, names: dict[str, int]) -> int:
    value = names.get(text.lower())
    if value is not None:
        return value
    if not text.isdigit():
        raise ValueError(f"failed to parse int from {text}: not a number")
    return int(text)
