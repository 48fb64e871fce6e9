"""Cron schedules, with the real parser's words."""

from __future__ import annotations

import pytest

from deployctl.sandbox.schema.validation.cron import fault


@pytest.mark.parametrize(
    "schedule",
    ["0 3 * * *", "*/5 0-6 1,15 * mon-fri", "@daily", "@every 1h30m", "TZ=UTC 0 0 * * *", "0 0 ? JAN-mar 1/2"],
)
def test_a_schedule_that_can_be_parsed(schedule: str) -> None:
    assert fault(schedule) == ""


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("61 * * * *", "end of range (61) above maximum (59): 61"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("*/1/2 * * * *", "too many slashes: */1/2"),
        ("a * * * *", 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'),
        ("@often", "unrecognized descriptor: @often"),
        ("@every x", 'failed to parse duration @every x: time: invalid duration "x"'),
    ],
)
def test_a_schedule_that_cannot(schedule: str, why: str) -> None:
    assert fault(schedule) == why
