"""The proxy: one application for http and one for https."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from dataclasses import dataclass, field

from aiohttp import web

from deployctl.sandbox.contracts import Answer, Applications, Clock, Objects
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.ingress.backends import Endpoint, endpoints
from deployctl.sandbox.ingress.pages import page
from deployctl.sandbox.ingress.rules import Rule, route, rules_of, served

HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "content-length"})
TRIES = 3
READ_TIMEOUT = 60.0


@dataclass
class Ingress:
    """Routes by the Ingress objects of this moment."""

    objects: Objects
    applications: Applications
    faults: FaultBoard
    clock: Clock
    https_port: int = 0
    """Where a redirect of a request to a loopback port points; a request without a port is sent to the usual one."""
    _turns: itertools.count[int] = field(default_factory=itertools.count)

    def app(self, scheme: str) -> web.Application:
        """Serves one of `http` and `https`."""
        app = web.Application(client_max_size=1 << 30)

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self.handle(request, scheme)

        app.router.add_route("*", "/{path:.*}", handle)
        return app

    async def handle(self, request: web.Request, scheme: str) -> web.StreamResponse:
        """Answer one request as ingress-nginx does."""
        host = host_of(request)
        fault = await self._suffer(request, host)
        if fault is not None:
            return fault
        rule = route(self.rules(), host, request.path)
        if rule is None:
            return nginx(404)
        if scheme == "http" and rule.redirect:
            return self._to_https(request, host)
        return await self._forward(request, rule, scheme)

    def rules(self) -> list[Rule]:
        """Of every Ingress that this controller serves."""
        ingresses = self.objects.list("ingresses.networking.k8s.io")
        classes = self.objects.list("ingressclasses.networking.k8s.io")
        return [rule for ingress in served(ingresses, classes) for rule in rules_of(ingress)]

    def _to_https(self, request: web.Request, host: str) -> web.Response:
        port = f":{self.https_port}" if ":" in request.host else ""
        return nginx(308, {"Location": f"https://{host}{port}{request.raw_path}"})

    async def _forward(self, request: web.Request, rule: Rule, scheme: str) -> web.Response:
        """To the next endpoint in turn; one that refuses is passed over, as `proxy_next_upstream` does."""
        found = endpoints(self.objects, rule.backend)
        if not found:
            return nginx(503)
        turn = next(self._turns)
        for attempt in range(min(TRIES, len(found))):
            endpoint = found[(turn + attempt) % len(found)]
            try:
                answer = await asyncio.wait_for(self._ask(request, rule, endpoint, scheme), READ_TIMEOUT)
            except ConnectionRefusedError:
                continue
            except TimeoutError:
                return nginx(504)
            headers = {k: v for k, v in answer.headers.items() if k.lower() not in HOP_BY_HOP}
            return web.Response(status=answer.status, headers=headers, body=answer.body)
        return nginx(502)

    async def _ask(self, request: web.Request, rule: Rule, endpoint: Endpoint, scheme: str) -> Answer:
        path = rule.rewritten(request.path) + (f"?{request.query_string}" if request.query_string else "")
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP}
        headers |= {
            "X-Request-ID": secrets.token_hex(16),
            "X-Real-IP": request.remote or "127.0.0.1",
            "X-Forwarded-For": request.remote or "127.0.0.1",
            "X-Forwarded-Host": host_of(request),
            "X-Forwarded-Proto": scheme,
            "X-Forwarded-Scheme": scheme,
            "X-Scheme": scheme,
        }
        return await self.applications.request(
            endpoint.namespace, endpoint.pod, endpoint.port, request.method, path, headers
        )

    async def _suffer(self, request: web.Request, host: str) -> web.Response | None:
        facts = {"host": host, "method": request.method, "path": request.path}
        late = self.faults.take("ingress-latency", **facts)
        if late is not None:
            await asyncio.sleep(float(late["seconds"]))
        if self.faults.take("ingress-drop", **facts) is not None:
            if request.transport is not None:
                request.transport.abort()
            raise asyncio.CancelledError
        error = self.faults.take("ingress-error", **facts)
        if error is None:
            return None
        if "body" in error:
            return web.Response(status=error["status"], text=str(error["body"]))
        return nginx(error["status"])


def host_of(request: web.Request) -> str:
    """The Host header without a port: a client may reach a production host through a loopback port."""
    return request.host.rpartition(":")[0].lower() if ":" in request.host else request.host.lower()


def nginx(status: int, headers: dict[str, str] | None = None) -> web.Response:
    """An answer of the proxy itself."""
    return web.Response(status=status, body=page(status), content_type="text/html", headers=headers)
