"""Waiting for the first of several things, on the sandbox's clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from deployctl.sandbox.contracts import Clock

T = TypeVar("T")


async def happens(clock: Clock, event: asyncio.Event, within: float | None) -> bool:
    """Whether `event` is set before `within` seconds are over; None waits for ever."""
    if event.is_set() or within is None:
        await event.wait()
        return True
    if within <= 0:
        await asyncio.sleep(0)
        return event.is_set()
    await first(event.wait(), clock.sleep(within))
    return event.is_set()


async def first(*works: Coroutine[Any, Any, Any]) -> None:
    """Until one of them is done; the others are cancelled."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def in_time(clock: Clock, seconds: float, work: Awaitable[T]) -> T:
    """The result of `work`. Raises TimeoutError when it takes longer."""
    task = asyncio.ensure_future(work)
    timer = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((task, timer), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        timer.cancel()
        task.cancel()
