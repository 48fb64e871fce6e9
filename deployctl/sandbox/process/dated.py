"""The Date header of every answer: the sandbox's time, by which clients reckon how old something is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email.utils import format_datetime

from aiohttp import web

from deployctl.sandbox.contracts import Clock


def dated(clock: Clock) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """A signal handler (`on_response_prepare`)."""

    async def date(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = format_datetime(clock.now(), usegmt=True)

    return date
