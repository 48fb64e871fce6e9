"""Azure on one address: Entra's tokens, the management calls, and the storage that uploads and logs go through."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from deployctl.sandbox.arm import imports, logs
from deployctl.sandbox.arm.agent import Agent, Pace
from deployctl.sandbox.arm.errors import ArmError, StorageError
from deployctl.sandbox.arm.requests import build_request
from deployctl.sandbox.arm.resources import TYPE, Subscription
from deployctl.sandbox.arm.runs import Run
from deployctl.sandbox.arm.sas import Links
from deployctl.sandbox.arm.uploads import Uploads
from deployctl.sandbox.contracts import Clock
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.registry.registry import Registry

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
R = f"/subscriptions/{{subscription}}/resource{{g:[gG]}}roups/{{group}}/providers/{TYPE}/{{registry}}"
IMPORT_SECONDS = 2.0
TASKS_REFUSED = (
    "ACR Tasks requests for the registry {name} and subscription {subscription} are not permitted. Please file an "
    "Azure support request at http://aka.ms/azuresupport for assistance."
)


@dataclass
class Azure:
    """Serves a subscription; runs live here, by registry name and run id."""

    subscription: Subscription
    clock: Clock
    faults: FaultBoard
    pace: Pace
    runs: dict[tuple[str, str], Run] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _imports: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.links = Links(self.faults)
        self.uploads = Uploads(self.links)

    def app(self) -> web.Application:
        """Everything at one root, as clients configured with one endpoint for all expect it."""
        app = web.Application(client_max_size=1 << 40, middlewares=[self._guard])
        app.router.add_routes([*self.subscription.tenant.routes(), *self.uploads.routes()])
        app.router.add_routes(
            [
                web.get("/subscriptions", self.list_subscriptions),
                web.get("/subscriptions/{subscription}", self.get_subscription),
                web.get("/subscriptions/{subscription}/resources", self.list_resources),
                web.get(f"/subscriptions/{{subscription}}/providers/{TYPE}", self.list_registries),
                web.get(R, self.get_registry),
                web.post(f"{R}/listBuildSourceUploadUrl", self.upload_url),
                web.post(f"{R}/scheduleRun", self.schedule),
                web.get(f"{R}/runs", self.list_runs),
                web.get(f"{R}/runs/{{run}}", self.get_run),
                web.post(f"{R}/runs/{{run}}/listLogSasUrl", self.log_url),
                web.post(f"{R}/runs/{{run}}/cancel", self.cancel),
                web.post(f"{R}/importImage", self.import_image),
                web.get("/subscriptions/{subscription}/operations/{operation}", self.operation),
                web.route("*", "/logs/{registry}/{run}", self.log),
            ]
        )
        app.on_cleanup.append(self._stop)
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
        return web.json_response(self.subscription.document(self._registry(request)))

    async def upload_url(self, request: web.Request) -> web.Response:
        """Where a build context may be put."""
        self.subscription.authorize(request, f"{TYPE}/listBuildSourceUploadUrl/action", "build")
        registry = self._tasks_of(request)
        relative = f"source/{self.clock.now():%Y%m%d%H%M}00/{secrets.token_hex(16)}.tar.gz"
        path = f"{registry.name}/{relative}"
        url = f"https://{request.host}/storage/{path}?{self.links.query(path, 'cw')}"
        return web.json_response({"uploadUrl": url, "relativePath": relative})

    async def schedule(self, request: web.Request) -> web.Response:
        """Queue a build; the answer is the run, at once."""
        self.subscription.authorize(request, f"{TYPE}/scheduleRun/action", "build")
        registry = self._tasks_of(request)
        wanted = build_request(await _body(request))
        if self.subscription.abac and wanted.identity != "[caller]":
            text = "The registry's role assignment mode requires credentials.sourceRegistry.identity to be '[caller]'."
            raise ArmError(400, "InvalidRequest", text)
        run = Run(f"cb{next(self._numbers)}", wanted, self.clock.now())
        self.runs[registry.name, run.id] = run
        archive = self.uploads.blobs.get(f"{registry.name}/{wanted.source}")
        self._start(Agent(registry, self.clock, self.faults, self.pace).work(run, archive))
        return web.json_response(run.document(self.subscription.resource_id(registry)))

    async def list_runs(self, request: web.Request) -> web.Response:
        """Newest first."""
        self.subscription.authorize(request, f"{TYPE}/runs/read")
        registry = self._registry(request)
        found = [run for (name, _), run in self.runs.items() if name == registry.name]
        return web.json_response(
            {"value": [run.document(self.subscription.resource_id(registry)) for run in reversed(found)]}
        )

    async def get_run(self, request: web.Request) -> web.Response:
        """How a run does."""
        self.subscription.authorize(request, f"{TYPE}/runs/read")
        registry, run = self._run(request)
        return web.json_response(run.document(self.subscription.resource_id(registry)))

    async def log_url(self, request: web.Request) -> web.Response:
        """Where its log will be."""
        self.subscription.authorize(request, f"{TYPE}/runs/listLogSasUrl/action", "build")
        registry, run = self._run(request)
        path = f"{registry.name}/{run.id}"
        return web.json_response({"logLink": f"https://{request.host}/logs/{path}?{self.links.query(path, 'r')}"})

    async def cancel(self, request: web.Request) -> web.Response:
        """End a run; one that has ended stays as it is."""
        self.subscription.authorize(request, f"{TYPE}/runs/cancel/action", "build")
        registry, run = self._run(request)
        Agent(registry, self.clock, self.faults, self.pace).cancel(run)
        return web.Response(status=200)

    async def log(self, request: web.Request) -> web.Response:
        """The log blob, by its link."""
        path = f"{request.match_info['registry']}/{request.match_info['run']}"
        self.links.check(path, request.query, "r")
        run = self.runs.get((request.match_info["registry"], request.match_info["run"]))
        if run is None:
            raise StorageError(404, "BlobNotFound", "The specified blob does not exist.")
        return logs.answer(request, run)

    async def import_image(self, request: web.Request) -> web.Response:
        """Accepted with a Location that says when it is done; what cannot be is refused at once."""
        self.subscription.authorize(request, f"{TYPE}/importImage/action", "build")
        registry = self._registry(request)
        imports.perform(imports.read_import(await _body(request), self.subscription), registry)
        operation = secrets.token_hex(8)
        self._imports[operation] = self.clock.monotonic() + IMPORT_SECONDS
        return web.Response(status=202, headers=self._later(request, operation))

    async def operation(self, request: web.Request) -> web.Response:
        """202 until it is done, then 200."""
        self.subscription.authorize(request, f"{TYPE}/operationStatuses/read")
        operation = request.match_info["operation"]
        if operation not in self._imports:
            raise ArmError(404, "OperationNotFound", f"The operation '{operation}' was not found.")
        if self.clock.monotonic() < self._imports[operation]:
            return web.Response(status=202, headers=self._later(request, operation))
        return web.Response(status=200)

    def _later(self, request: web.Request, operation: str) -> dict[str, str]:
        place = f"https://{request.host}/subscriptions/{self.subscription.id}/operations/{operation}"
        return {"Location": f"{place}?api-version={request.query.get('api-version', '')}", "Retry-After": "1"}

    def _registry(self, request: web.Request) -> Registry:
        return self.subscription.registry(request.match_info)

    def _tasks_of(self, request: web.Request) -> Registry:
        registry = self._registry(request)
        if not self.subscription.tasks_allowed:
            text = TASKS_REFUSED.format(name=registry.name, subscription=self.subscription.id)
            raise ArmError(400, "TasksOperationsNotAllowed", text)
        return registry

    def _run(self, request: web.Request) -> tuple[Registry, Run]:
        registry = self._registry(request)
        run = self.runs.get((registry.name, request.match_info["run"]))
        if run is None:
            raise ArmError(404, "RunNotFound", f"The run '{request.match_info['run']}' was not found.")
        return registry, run

    def _subscription(self) -> dict[str, str]:
        mine = self.subscription.id
        names = {"displayName": "sandbox", "state": "Enabled", "tenantId": self.subscription.tenant.id}
        return {"id": f"/subscriptions/{mine}", "subscriptionId": mine, **names}

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stop(self, _: web.Application) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

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


async def _body(request: web.Request) -> object:
    try:
        return await request.json()
    except ValueError as error:
        raise ArmError(400, "InvalidRequestContent", f"The request content was invalid: {error}") from error
