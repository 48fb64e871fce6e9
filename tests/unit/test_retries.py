"""How often, and how long between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fake_clock import FakeClock

from deployctl.adapters.retries import RetryPolicy, Transient, retry_after, retrying
from deployctl.model.errors import Unavailable

POLICY = RetryPolicy(attempts=4, first=1.0, longest=3.0, budget=100.0)


def failing(times: int, asked: float | None = None) -> Callable[[], str]:
    left = [times]

    def call() -> str:
        left[0] -= 1
        if left[0] >= 0:
            raise Transient(Unavailable(f"{left[0]} left"), asked)
        return "done"

    return call


def test_what_succeeds_is_not_waited_for() -> None:
    clock = FakeClock()

    assert (retrying(POLICY, clock, failing(0)), clock.slept) == ("done", [])


def test_waits_double_up_to_the_longest_with_at_most_half_more() -> None:
    clock = FakeClock()

    assert retrying(POLICY, clock, failing(3)) == "done"
    assert [base <= slept <= 1.5 * base for base, slept in zip((1, 2, 3), clock.slept, strict=True)] == [True] * 3


def test_the_last_error_is_raised_when_no_try_is_left() -> None:
    with pytest.raises(Unavailable, match="6 left"):
        retrying(POLICY, FakeClock(), failing(10))


def test_what_is_not_transient_is_raised_at_once() -> None:
    clock = FakeClock()

    def call() -> None:
        raise Unavailable("no")

    with pytest.raises(Unavailable):
        retrying(POLICY, clock, call)
    assert clock.slept == []


def test_a_server_that_asks_for_longer_gets_it() -> None:
    clock = FakeClock()

    retrying(POLICY, clock, failing(1, asked=17.0))

    assert clock.slept == [17.0]


def test_no_try_starts_after_the_budget_whatever_a_server_asks_for() -> None:
    clock = FakeClock()

    with pytest.raises(Unavailable):
        retrying(POLICY, clock, failing(1, asked=101.0))
    assert clock.slept == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        (" 3 ", 3.0),
        ("Fri, 02 Jan 2026 03:04:15 GMT", 10.0),
        ("Fri, 02 Jan 2026 03:04:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-3", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after(header, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == seconds
