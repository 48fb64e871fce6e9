"""The calls that build: upload, schedule, follow, cancel."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass, field

from aiohttp import web

from deployctl.sandbox.arm import logs
from deployctl.sandbox.arm.agent import Agent, Pace
from deployctl.sandbox.arm.errors import ArmError, StorageError
from deployctl.sandbox.arm.requests import build_request, json_body
from deployctl.sandbox.arm.resources import REGISTRY, TYPE, Subscription
from deployctl.sandbox.arm.runs import Run
from deployctl.sandbox.arm.sas import Links
from deployctl.sandbox.arm.uploads import Uploads
from deployctl.sandbox.contracts import Clock
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.registry.registry import Registry

TASKS_REFUSED = (
    "ACR Tasks requests for the registry {name} and subscription {subscription} are not permitted. Please file an "
    "Azure support request at http://aka.ms/azuresupport for assistance."
)


@dataclass
class Builds:
    """Runs by registry name and run id; each goes its way in a task of its own."""

    subscription: Subscription
    clock: Clock
    faults: FaultBoard
    pace: Pace
    runs: dict[tuple[str, str], Run] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.links = Links(self.faults)
        self.uploads = Uploads(self.links)

    def routes(self) -> list[web.RouteDef]:
        """Management calls, the storage for uploads, and the logs."""
        return [
            *self.uploads.routes(),
            web.post(f"{REGISTRY}/listBuildSourceUploadUrl", self.upload_url),
            web.post(f"{REGISTRY}/scheduleRun", self.schedule),
            web.get(f"{REGISTRY}/runs", self.list_runs),
            web.get(f"{REGISTRY}/runs/{{run}}", self.get_run),
            web.post(f"{REGISTRY}/runs/{{run}}/listLogSasUrl", self.log_url),
            web.post(f"{REGISTRY}/runs/{{run}}/cancel", self.cancel),
            web.route("*", "/logs/{registry}/{run}", self.log),
        ]

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
        wanted = build_request(await json_body(request))
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
        registry = self.subscription.registry(request.match_info)
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

    def _tasks_of(self, request: web.Request) -> Registry:
        registry = self.subscription.registry(request.match_info)
        if not self.subscription.tasks_allowed:
            text = TASKS_REFUSED.format(name=registry.name, subscription=self.subscription.id)
            raise ArmError(400, "TasksOperationsNotAllowed", text)
        return registry

    def _run(self, request: web.Request) -> tuple[Registry, Run]:
        registry = self.subscription.registry(request.match_info)
        run = self.runs.get((registry.name, request.match_info["run"]))
        if run is None:
            raise ArmError(404, "RunNotFound", f"The run '{request.match_info['run']}' was not found.")
        return registry, run

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self, _: web.Application) -> None:
        """End the tasks; for an application's clean-up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
