"""Writing every request of the registries, Azure, the ingress and the control endpoint to the one request log."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from deployctl.sandbox.contracts import Clock
from deployctl.sandbox.registry.access import basic
from deployctl.sandbox.requestlog import Request, RequestLog

SIGNATURE = re.compile(r"([?&]sig=)[^&]*")
"""Whoever has a link's signature may use the link."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def logged(server: str, clock: Clock, log: RequestLog) -> Any:
    """A middleware that logs as `server`."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        began, when, status = time.monotonic(), clock.now(), 0
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as error:
            status = error.status
            raise
        else:
            return response
        finally:
            log.add(
                Request(
                    time=when,
                    seconds=time.monotonic() - began,
                    server=server,
                    user=_user(request),
                    method=request.method,
                    path=SIGNATURE.sub(r"\1***", request.path_qs),
                    verb=request.method.lower(),
                    resource="",
                    namespace="",
                    name="",
                    subresource="",
                    status=status,
                    user_agent=request.headers.get("User-Agent", ""),
                )
            )

    return middleware


def _user(request: web.Request) -> str:
    credentials = basic(request.headers.get("Authorization"))
    return credentials[0] if credentials else ""
