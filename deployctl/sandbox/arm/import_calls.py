"""importImage as a call, and the operation that it starts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from aiohttp import web

from deployctl.sandbox.arm.errors import ArmError
from deployctl.sandbox.arm.imports import perform, read_import
from deployctl.sandbox.arm.requests import json_body
from deployctl.sandbox.arm.resources import REGISTRY, TYPE, Subscription
from deployctl.sandbox.contracts import Clock

SECONDS = 2.0
"""Of sandbox time until an import is told to be done."""


@dataclass
class Imports:
    """Operations by id, and when each is done."""

    subscription: Subscription
    clock: Clock
    _ends: dict[str, float] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        """The call and its operation."""
        return [
            web.post(f"{REGISTRY}/importImage", self.import_image),
            web.get("/subscriptions/{subscription}/operations/{operation}", self.operation),
        ]

    async def import_image(self, request: web.Request) -> web.Response:
        """Accepted with a Location that says when it is done; what cannot be is refused at once."""
        self.subscription.authorize(request, f"{TYPE}/importImage/action", "build")
        registry = self.subscription.registry(request.match_info)
        perform(read_import(await json_body(request), self.subscription), registry)
        operation = secrets.token_hex(8)
        self._ends[operation] = self.clock.monotonic() + SECONDS
        return web.Response(status=202, headers=self._later(request, operation))

    async def operation(self, request: web.Request) -> web.Response:
        """202 until it is done, then 200."""
        self.subscription.authorize(request, f"{TYPE}/operationStatuses/read")
        operation = request.match_info["operation"]
        if operation not in self._ends:
            raise ArmError(404, "OperationNotFound", f"The operation '{operation}' was not found.")
        if self.clock.monotonic() < self._ends[operation]:
            return web.Response(status=202, headers=self._later(request, operation))
        return web.Response(status=200)

    def _later(self, request: web.Request, operation: str) -> dict[str, str]:
        place = f"https://{request.host}/subscriptions/{self.subscription.id}/operations/{operation}"
        return {"Location": f"{place}?api-version={request.query.get('api-version', '')}", "Retry-After": "1"}
