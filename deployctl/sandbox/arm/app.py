"""Azure on one address: Entra's tokens, the management calls, and the storage that uploads and logs go through."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from deployctl.sandbox.arm.agent import Pace
from deployctl.sandbox.arm.builds import Builds
from deployctl.sandbox.arm.errors import ArmError, StorageError
from deployctl.sandbox.arm.import_calls import Imports
from deployctl.sandbox.arm.resources import REGISTRY, TYPE, Subscription
from deployctl.sandbox.contracts import Clock
from deployctl.sandbox.faults import FaultBoard

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Azure:
    """Serves one subscription."""

    subscription: Subscription
    clock: Clock
    faults: FaultBoard
    pace: Pace

    def __post_init__(self) -> None:
        self.builds = Builds(self.subscription, self.clock, self.faults, self.pace)
        self.imports = Imports(self.subscription, self.clock)
        self.runs, self.uploads, self.links = self.builds.runs, self.builds.uploads, self.builds.links

    def app(self) -> web.Application:
        """Everything at one root, as clients configured with one endpoint for all expect it."""
        app = web.Application(client_max_size=1 << 40, middlewares=[self._guard])
        app.router.add_routes([*self.subscription.tenant.routes(), *self.builds.routes(), *self.imports.routes()])
        app.router.add_routes(
            [
                web.get("/subscriptions", self.list_subscriptions),
                web.get("/subscriptions/{subscription}", self.get_subscription),
                web.get("/subscriptions/{subscription}/resources", self.list_resources),
                web.get(f"/subscriptions/{{subscription}}/providers/{TYPE}", self.list_registries),
                web.get(REGISTRY, self.get_registry),
            ]
        )
        app.on_cleanup.append(self.builds.stop)
        return app

    async def list_subscriptions(self, request: web.Request) -> web.Response:
        """The only one."""
        self.subscription.authorize(request, "Microsoft.Resources/subscriptions/read")
        return web.json_response({"value": [self._subscription()]})

    async def get_subscription(self, request: web.Request) -> web.Response:
        """By id."""
        self.subscription.authorize(request, "Microsoft.Resources/subscriptions/read")
        self.subscription.check(request.match_info["subscription"])
        return web.json_response(self._subscription())

    async def list_resources(self, request: web.Request) -> web.Response:
        """Registries, as `$filter` selects them."""
        self.subscription.authorize(request, "Microsoft.Resources/subscriptions/resources/read")
        self.subscription.check(request.match_info["subscription"])
        return web.json_response({"value": self.subscription.listed(request.query.get("$filter", ""))})

    async def list_registries(self, request: web.Request) -> web.Response:
        """All of the subscription, whole."""
        self.subscription.authorize(request, f"{TYPE}/read")
        self.subscription.check(request.match_info["subscription"])
        return web.json_response({"value": [self.subscription.document(r) for r in self.subscription.registries]})

    async def get_registry(self, request: web.Request) -> web.Response:
        """One registry."""
        self.subscription.authorize(request, f"{TYPE}/read")
        return web.json_response(self.subscription.document(self.subscription.registry(request.match_info)))

    def _subscription(self) -> dict[str, str]:
        mine = self.subscription.id
        names = {"displayName": "sandbox", "state": "Enabled", "tenantId": self.subscription.tenant.id}
        return {"id": f"/subscriptions/{mine}", "subscriptionId": mine, **names}

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Faults first; then errors become documents."""
        try:
            await self._suffer(request)
            return await handler(request)
        except (ArmError, StorageError) as error:
            return error.response()

    async def _suffer(self, request: web.Request) -> None:
        facts = {"method": request.method, "path": request.path}
        late = self.faults.take("arm-latency", **facts)
        if late is not None:
            await asyncio.sleep(float(late["seconds"]))
        if self.faults.take("arm-drop", **facts) is not None:
            if request.transport is not None:
                request.transport.abort()
            raise asyncio.CancelledError
        error = self.faults.take("arm-error", **facts)
        if error is not None:
            after = {"Retry-After": f"{error['retry_after']:g}"} if "retry_after" in error else {}
            code = str(error.get("code", "TooManyRequests" if error["status"] == 429 else "InternalServerError"))
            raise ArmError(error["status"], code, str(error.get("message", "a fault of the sandbox")), after)
