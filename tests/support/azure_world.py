"""A registry, Entra, Resource Manager and storage of the sandbox behind https, and how deployctl is told of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from served_azure import BUILDER, SUBSCRIPTION
from served_registry import HOST, make_registry

from deployctl.model.environment import RegistryConfig
from deployctl.model.image import Image
from deployctl.sandbox.arm.agent import Pace
from deployctl.sandbox.arm.app import Azure
from deployctl.sandbox.arm.resources import Subscription
from deployctl.sandbox.arm.tenant import Tenant
from deployctl.sandbox.clock import ScaledClock
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.pki import LOOPBACK, Authority, server_context
from deployctl.sandbox.process.listen import listen
from deployctl.sandbox.process.loop_thread import LoopThread
from deployctl.sandbox.registry.access import Account
from deployctl.sandbox.registry.app import build_app
from deployctl.sandbox.registry.make import ImageSpec, make_image
from deployctl.sandbox.registry.registry import Registry

SPEED = 20.0
LIMITED = Account("limited", "limited-secret", ("pull",), ("team/backend",))


@dataclass
class AzureWorld:
    """What a test needs to know and to change."""

    azure: Azure
    registry: Registry
    faults: FaultBoard
    config: RegistryConfig
    environ: Mapping[str, str]
    requests: list[str] = field(default_factory=list)
    """`METHOD path` of every request to Entra, Resource Manager and storage, without queries."""
    data: list[str] = field(default_factory=list)
    """The same of the registry."""

    def make(self, tag: str, **spec: Any) -> str:
        """Put an image `team/backend` under the tag; its digest."""
        return make_image(self.registry.storage, "team/backend", tag, ImageSpec(**spec)).digest

    def image(self, tag: str, repository: str = "team/backend") -> Image:
        return Image(HOST, repository, tag)

    def count(self, method: str, ending: str) -> int:
        return sum(1 for one in self.requests if one.startswith(method) and one.endswith(ending))


def noting(requests: list[str]) -> Any:
    """A middleware that writes down what is asked."""

    @web.middleware
    async def note(request: web.Request, handler: Any) -> web.StreamResponse:
        requests.append(f"{request.method} {request.path}")
        return await handler(request)  # type: ignore[no-any-return] # aiohttp's handlers are untyped here

    return note


@contextmanager
def azure_world(
    folder: Path, *, tasks_allowed: bool = True, abac: bool = False, pace: Pace | None = None, anonymous: bool = False
) -> Iterator[AzureWorld]:
    """Everything runs on one thread beside the test's, twenty times as fast as the wall's clock."""
    registry = make_registry(anonymous_pull=anonymous)
    registry.azure = {BUILDER.client_id: Account(BUILDER.client_id, "")}
    registry.accounts = (*registry.accounts, LIMITED)
    tenant = Tenant("tenant-1", (BUILDER,), registry.entra, registry.faults)
    subscription = Subscription(
        SUBSCRIPTION, "group", "koreacentral", tenant, (registry,), tasks_allowed=tasks_allowed, abac=abac
    )
    azure = Azure(subscription, ScaledClock(SPEED), registry.faults, pace or Pace(1.0, 4.0, 1 << 20, {}))
    requests: list[str] = []
    data: list[str] = []

    authority = Authority.open(folder)
    tls = server_context(authority.server(*LOOPBACK), folder)
    app = azure.app()
    app.middlewares.insert(0, noting(requests))
    data_app = build_app(registry)
    data_app.middlewares.insert(0, noting(data))
    with LoopThread() as thread:
        management, plane = thread.run(listen(app, tls)), thread.run(listen(data_app, tls))
        url = f"https://localhost:{management.port}"
        config = RegistryConfig(
            login_server=HOST,
            kind="acr",
            endpoint=f"localhost:{plane.port}",
            name="example",
            subscription=SUBSCRIPTION,
            resource_group="group",
            builder="acr",
            ca_file=folder / "ca.crt",
            arm_endpoint=url,
            authority=url,
        )
        environ = {
            "AZURE_TENANT_ID": tenant.id,
            "AZURE_CLIENT_ID": BUILDER.client_id,
            "AZURE_CLIENT_SECRET": BUILDER.secret,
            "HOME": str(folder),
        }
        yield AzureWorld(azure, registry, registry.faults, config, environ, requests, data)
        thread.run(management.close())
        thread.run(plane.close())
