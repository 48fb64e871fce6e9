"""One look at the world costs the same whatever runs there."""

from __future__ import annotations

from bench.waiting import requests_per_look


def test_a_look_at_thirty_workloads_asks_as_much_as_a_look_at_one() -> None:
    assert requests_per_look(1) == requests_per_look(30) == 9
