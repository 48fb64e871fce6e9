"""The API server over https: authenticate, fail on purpose, authorize, dispatch, write down."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from deployctl.sandbox.api.auth.authentication import ANONYMOUS, Authenticator
from deployctl.sandbox.api.auth.authorization import action_of, authorize
from deployctl.sandbox.api.auth.rbac import Rbac
from deployctl.sandbox.api.cluster import Cluster
from deployctl.sandbox.api.errors import ApiError, internal
from deployctl.sandbox.api.http import path as paths
from deployctl.sandbox.api.http.accept import Rendering, negotiate
from deployctl.sandbox.api.http.call import Answered, Call
from deployctl.sandbox.api.http.discovery import Discovery
from deployctl.sandbox.api.http.dispatch import dispatch
from deployctl.sandbox.api.http.openapi import OpenApi
from deployctl.sandbox.api.http.path import RequestInfo
from deployctl.sandbox.api.http.plain import plain
from deployctl.sandbox.api.http.send import send, send_error
from deployctl.sandbox.api.writer import User
from deployctl.sandbox.requestlog import Request, RequestLog

MAX_BODY = 3 * 1024 * 1024
"""Bytes; the real server's limit."""


@dataclass
class _Trace:
    """What the log will say of a request; filled in on the way."""

    info: RequestInfo
    user: User = ANONYMOUS
    status: int = 0


class ApiServer:
    """One API server in front of a cluster."""

    def __init__(self, cluster: Cluster, authenticator: Authenticator, log: RequestLog | None = None) -> None:
        self.cluster, self.authenticator = cluster, authenticator
        self.log = log if log is not None else RequestLog()
        self.rbac = Rbac(cluster.store)
        self.discovery = Discovery(cluster.kinds)
        self.openapi = OpenApi(cluster.kinds)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; nothing is raised but what ends a connection."""
        started = time.monotonic()
        trace = _Trace(paths.parse(request.method, request.raw_path.partition("?")[0], watch=_watches(request)))
        now = self.cluster.clock.now()
        audit = {"Audit-Id": str(uuid.uuid4())}
        try:
            response = await self._answer(request, trace, audit)
            trace.status = response.status
            return response
        finally:
            self.log.add(_record(request, trace, now, time.monotonic() - started))

    async def _answer(self, request: web.Request, trace: _Trace, audit: Mapping[str, str]) -> web.StreamResponse:
        rendering = Rendering()
        try:
            trace.user = self.authenticator.identify(request.headers.get("Authorization", ""), _peer(request))
            authorize(self.rbac, trace.user, action_of(trace.info))
            rendering = negotiate(request.headers.get("Accept", ""))
            call = Call(
                trace.info, trace.user, rendering, dict(request.query), request.headers, await request.read()
            )  # fmt: skip
            answer = await self._dispatch(call)
        except ApiError as error:
            return await send_error(request, error, rendering, audit)
        except web.HTTPRequestEntityTooLarge:
            text = f"Request entity too large: limit is {MAX_BODY}"
            return await send_error(request, ApiError(413, "RequestEntityTooLarge", text), rendering, audit)
        return await send(request, answer, rendering, audit, trace)

    async def _dispatch(self, call: Call) -> Answered:
        try:
            return await (dispatch(self, call) if call.info.resource else plain(self, call))
        except ApiError:
            raise
        except Exception as error:
            raise internal(f"{type(error).__name__}: {error}") from error


def build_app(server: ApiServer) -> web.Application:
    """An application for any aiohttp runner; TLS with optional client certificates is the runner's."""
    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_route("*", "/{path:.*}", server.handle)
    return app


def _watches(request: web.Request) -> bool:
    return request.query.get("watch", "") in {"true", "1"}


def _peer(request: web.Request) -> Mapping[str, Any] | None:
    return request.transport.get_extra_info("peercert") if request.transport else None


def _record(request: web.Request, trace: _Trace, now: Any, seconds: float) -> Request:
    info = trace.info
    return Request(
        time=now, seconds=seconds, server="api", user=trace.user.name, method=request.method, path=request.raw_path,
        verb=info.verb, resource=info.spelling, namespace=info.namespace, name=info.name,
        subresource=info.subresource, status=trace.status, user_agent=request.headers.get("User-Agent", ""),
    )  # fmt: skip
