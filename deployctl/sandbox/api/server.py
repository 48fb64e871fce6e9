"""The API server over https: authenticate, fail on purpose, authorize, dispatch, write down."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from deployctl.sandbox.api.auth.authentication import ANONYMOUS, Authenticator
from deployctl.sandbox.api.auth.authorization import action_of, authorize
from deployctl.sandbox.api.auth.rbac import Rbac
from deployctl.sandbox.api.cluster import Cluster
from deployctl.sandbox.api.errors import ApiError, internal
from deployctl.sandbox.api.faults import ApiFaults, Asked, Board, Dropped
from deployctl.sandbox.api.http import path as paths
from deployctl.sandbox.api.http.accept import Rendering, negotiate
from deployctl.sandbox.api.http.call import Answered, Call
from deployctl.sandbox.api.http.discovery import Discovery
from deployctl.sandbox.api.http.dispatch import dispatch
from deployctl.sandbox.api.http.openapi import OPENAPI_V2, OpenApi
from deployctl.sandbox.api.http.path import RequestInfo
from deployctl.sandbox.api.http.plain import plain
from deployctl.sandbox.api.http.send import cut_short, send, send_error
from deployctl.sandbox.api.metrics import KINDS as METRICS_KINDS
from deployctl.sandbox.api.metrics import Metrics
from deployctl.sandbox.api.streams.containers import Containers
from deployctl.sandbox.api.streams.entered import enter, enters
from deployctl.sandbox.api.subresources.logs import PodLogs
from deployctl.sandbox.api.subresources.node_stats import NodeStats
from deployctl.sandbox.api.writer import User
from deployctl.sandbox.contracts import Applications
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
    """One API server in front of a cluster. What it does not know itself it asks of providers, if there are any:
    logs and measurements of the nodes, the programs in pods, the board of faults.
    """

    def __init__(
        self,
        cluster: Cluster,
        authenticator: Authenticator,
        log: RequestLog | None = None,
        *,
        faults: Board | None = None,
        pod_logs: PodLogs | None = None,
        metrics: Metrics | None = None,
        node_stats: NodeStats | None = None,
        applications: Applications | None = None,
        containers: Containers | None = None,
    ) -> None:
        self.cluster, self.authenticator = cluster, authenticator
        self.log = log if log is not None else RequestLog()
        self.faults = ApiFaults(faults)
        self.pod_logs, self.metrics, self.applications = pod_logs, metrics, applications
        self.node_stats, self.containers = node_stats, containers
        self.rbac = Rbac(cluster.store)
        self.discovery = Discovery(cluster.kinds)
        self.openapi = OpenApi(cluster.kinds)
        authenticator.readers.append(self._account_of)
        if metrics is not None:
            for kind in METRICS_KINDS:
                cluster.kinds.add(kind, stored=True)

    def _account_of(self, token: str) -> User | None:
        return self.cluster.tokens.user(token, self.cluster.clock.now(), self._account_exists)

    def _account_exists(self, namespace: str, name: str, uid: str) -> bool:
        account = self.cluster.get("serviceaccounts", namespace, name)
        return account is not None and account["metadata"]["uid"] == uid

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; nothing is raised but what ends a connection."""
        started = time.monotonic()
        trace = _Trace(paths.parse(request.method, request.raw_path.partition("?")[0], watch=_watches(request)))
        now = self.cluster.clock.now()
        try:
            response = await self._answer(request, trace)
            trace.status = response.status
            return response
        except Dropped:
            trace.status = 0
            if request.transport:
                request.transport.abort()
            raise ConnectionResetError from None
        finally:
            self.log.add(_record(request, trace, now, time.monotonic() - started))

    async def _answer(self, request: web.Request, trace: _Trace) -> web.StreamResponse:
        rendering = Rendering()
        headers = {"Audit-Id": str(uuid.uuid4())}
        try:
            trace.user = self.authenticator.identify(request.headers.get("Authorization", ""), _peer(request))
            asked = Asked(request.method, trace.info, trace.user)
            self.faults.note(self.cluster.clock.monotonic(), self.cluster.store.revision)
            await self.faults.before(asked)
            authorize(self.rbac, trace.user, action_of(trace.info, request.query.get("fieldSelector", "")))
            if enters(trace.info) and self.containers is not None:
                authorize(self.rbac, trace.user, action_of(replace(trace.info, verb="create")))
                return await enter(self.cluster, self.containers, trace.info, request)
            if trace.info.path != OPENAPI_V2:  # which has media types of its own
                rendering = negotiate(request.headers.get("Accept", ""))
            body = await request.read()
            call = Call(trace.info, trace.user, rendering, dict(request.query), request.headers, body)
            answer = await self._carry_out(call, asked)
        except ApiError as error:
            return await send_error(request, error, rendering, headers)
        except web.HTTPRequestEntityTooLarge:
            text = f"Request entity too large: limit is {MAX_BODY}"
            return await send_error(request, ApiError(413, "RequestEntityTooLarge", text), rendering, headers)
        return await send(request, answer, rendering, headers, trace)

    async def _carry_out(self, call: Call, asked: Asked) -> Answered:
        call = replace(
            call,
            stale_revision=self.faults.stale(asked, self.cluster.clock.monotonic()),
            watch_expired=self.faults.watch_expired(asked),
            watch_seconds=self.faults.watch_seconds(asked),
        )
        try:
            answer = await (dispatch(self, call) if call.info.resource else plain(self, call))
        except (ApiError, Dropped):
            raise
        except Exception as error:
            logging.getLogger("deployctl.sandbox").exception("%s %s", call.info.verb, call.info.path)
            raise internal(f"{type(error).__name__}: {error}") from error
        if self.faults.lost(asked):
            raise Dropped
        cut = self.faults.cut(asked)
        return answer if cut is None else cut_short(answer, cut)


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
