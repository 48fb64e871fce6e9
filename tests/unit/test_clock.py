"""Time and interruption."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from deployctl.adapters.clock import SystemClock, ended_by_signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_sleep_at_once(number: signal.Signals) -> None:
    threading.Timer(0.05, lambda: os.kill(os.getpid(), number)).start()
    started = time.monotonic()

    with ended_by_signals(), pytest.raises(KeyboardInterrupt, match=number.name):
        SystemClock().sleep(60)

    assert time.monotonic() - started < 30


def test_afterwards_signals_mean_what_they_meant() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]

    with ended_by_signals():
        within = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]

    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before
    assert within != before


def test_no_sleep_is_shorter_than_nothing() -> None:
    SystemClock().sleep(-1)


def test_now_is_utc() -> None:
    assert SystemClock().now().utcoffset() is not None
    assert abs(SystemClock().now().timestamp() - time.time()) < 60
