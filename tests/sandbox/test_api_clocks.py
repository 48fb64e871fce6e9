"""The clocks of the sandbox."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from deployctl.sandbox.clock import ManualClock, ScaledClock


def test_a_fast_clock_sleeps_less_and_counts_more() -> None:
    clock = ScaledClock(100)
    started, before = time.monotonic(), clock.monotonic()
    asyncio.run(clock.sleep(5))
    counted, took = clock.monotonic() - before, time.monotonic() - started
    assert took < 4.9
    assert 5 <= counted <= 100 * took


def test_changing_the_speed_moves_no_hand() -> None:
    clock = ScaledClock(1000)
    before = clock.now()
    clock.set_speed(0.001)
    assert timedelta(0) <= clock.now() - before < timedelta(seconds=60)
    with pytest.raises(ValueError, match="above 0"):
        clock.set_speed(0)


def test_a_manual_clock_wakes_sleepers_in_the_order_of_their_times() -> None:
    async def scene() -> tuple[list[tuple[str, float]], datetime]:
        clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
        woken: list[tuple[str, float]] = []

        async def sleeper(name: str, *naps: float) -> None:
            for nap in naps:
                await clock.sleep(nap)
                woken.append((name, clock.monotonic()))

        tasks = [asyncio.create_task(sleeper("late", 10)), asyncio.create_task(sleeper("twice", 3, 4))]
        await clock.advance(9)
        assert woken == [("twice", 3), ("twice", 7)]
        await clock.advance(1)
        await asyncio.gather(*tasks)
        return woken, clock.now()

    assert asyncio.run(scene()) == (
        [("twice", 3), ("twice", 7), ("late", 10)],
        datetime(2026, 1, 1, 0, 0, 10, tzinfo=UTC),
    )
