"""The control endpoint: faults, the request log, the clock and what there is, behind the sandbox's own token."""

from __future__ import annotations

import dataclasses
import hmac
from typing import Any, Protocol

from aiohttp import web

from deployctl.sandbox.contracts import Clock
from deployctl.sandbox.fault_kinds import KINDS
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.requestlog import RequestLog


class Controlled(Protocol):
    """What the endpoint needs of a sandbox."""

    clock: Clock
    faults: FaultBoard
    log: RequestLog

    def document(self) -> dict[str, Any]:
        """Addresses and files, without credentials."""

    def stop(self) -> None:
        """End, soon."""


class Control:
    """Handlers of `/sandbox/…`."""

    def __init__(self, sandbox: Controlled, token: str) -> None:
        self._sandbox, self._token = sandbox, token

    def app(self) -> web.Application:
        """Serves the endpoint."""
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/sandbox/info", self.info)
        app.router.add_post("/sandbox/stop", self.stop)
        app.router.add_get("/sandbox/faults", self.list_faults)
        app.router.add_post("/sandbox/faults", self.add_fault)
        app.router.add_delete("/sandbox/faults", self.clear_faults)
        app.router.add_delete("/sandbox/faults/{id}", self.remove_fault)
        app.router.add_get("/sandbox/fault-kinds", self.fault_kinds)
        app.router.add_get("/sandbox/requests", self.requests)
        app.router.add_get("/sandbox/clock", self.clock)
        return app

    async def info(self, _: web.Request) -> web.Response:
        """What this sandbox is."""
        return web.json_response(self._sandbox.document())

    async def stop(self, _: web.Request) -> web.Response:
        """Ends the sandbox after this answer."""
        self._sandbox.stop()
        return web.Response(status=202)

    async def list_faults(self, _: web.Request) -> web.Response:
        """Every active fault."""
        return web.json_response({"faults": [fault.document() for fault in self._sandbox.faults.all()]})

    async def add_fault(self, request: web.Request) -> web.Response:
        """A JSON object with `kind` and parameters; 400 says what is wrong with it."""
        try:
            body = await request.json()
            kind = body.pop("kind")
            fault = self._sandbox.faults.add(kind, body)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            reason = f"a fault needs {error}" if isinstance(error, KeyError) else str(error)
            return web.json_response({"error": reason}, status=400)
        return web.json_response(fault.document(), status=201)

    async def clear_faults(self, _: web.Request) -> web.Response:
        """Everything works again."""
        self._sandbox.faults.clear()
        return web.Response(status=204)

    async def remove_fault(self, request: web.Request) -> web.Response:
        """By id, or all of a kind."""
        found = self._sandbox.faults.remove(request.match_info["id"])
        return web.Response(status=204) if found else web.json_response({"error": "no such fault"}, status=404)

    async def fault_kinds(self, _: web.Request) -> web.Response:
        """Which faults there are, with what they take."""
        kinds = {name: {"meaning": k.meaning, "parameters": sorted(k.parameters)} for name, k in KINDS.items()}
        return web.json_response({"kinds": kinds})

    async def requests(self, request: web.Request) -> web.Response:
        """The log after the mark `since`; other query parameters are fields to match exactly."""
        fields: dict[str, str | int] = dict(request.query)
        since = int(fields.pop("since", 0))
        if "status" in fields:
            fields["status"] = int(fields["status"])
        try:
            found = self._sandbox.log.where(since, **fields)
        except AttributeError as error:
            return web.json_response({"error": str(error)}, status=400)
        rows = [{**dataclasses.asdict(entry), "time": entry.time.isoformat()} for entry in found]
        return web.json_response({"count": self._sandbox.log.count, "requests": rows})

    async def clock(self, _: web.Request) -> web.Response:
        """The sandbox's time."""
        return web.json_response(
            {"now": self._sandbox.clock.now().isoformat(), "monotonic": self._sandbox.clock.monotonic()}
        )

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return web.json_response({"error": "the sandbox's control token is missing or wrong"}, status=401)
        answer: web.StreamResponse = await handler(request)
        return answer
