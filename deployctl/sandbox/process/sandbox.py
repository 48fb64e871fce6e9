"""One running sandbox: the rooms, their listeners and the tasks that move the world, in the running loop."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from deployctl.sandbox.api.auth.authentication import Authenticator
from deployctl.sandbox.api.server import ApiServer
from deployctl.sandbox.api.server import build_app as api_app
from deployctl.sandbox.api.writer import User
from deployctl.sandbox.controllers.manager import run_controllers
from deployctl.sandbox.ingress.app import Ingress
from deployctl.sandbox.ingress.controller import run_ingress_controller
from deployctl.sandbox.ingress.tls import Certificates
from deployctl.sandbox.process import info as info_file
from deployctl.sandbox.process.azure import azure_info, build_azure
from deployctl.sandbox.process.control import Control
from deployctl.sandbox.process.doors import Doors
from deployctl.sandbox.process.files import CONTEXT, write_bundle, write_kubeconfig
from deployctl.sandbox.process.info import RegistryInfo, SandboxInfo
from deployctl.sandbox.process.keep import keep
from deployctl.sandbox.process.options import Options
from deployctl.sandbox.process.overlays import bring_up
from deployctl.sandbox.process.ready import wait_ready
from deployctl.sandbox.process.seed import apply_all, read_files
from deployctl.sandbox.process.tasks import running
from deployctl.sandbox.process.then import then
from deployctl.sandbox.process.world import World, build_world
from deployctl.sandbox.registry.app import build_app as registry_app
from deployctl.sandbox.registry.registry import Registry
from deployctl.sandbox.scenario.load import load
from deployctl.sandbox.scenario.model import RegistrySpec

PORTS = "ports.json"
ADMIN = User("kubernetes-admin", ("system:masters",))


@dataclass(frozen=True)
class Tokens:
    """Secrets made for one run."""

    admin: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    control: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that answers."""

    world: World
    info: SandboxInfo


@asynccontextmanager
async def open_sandbox(options: Options) -> AsyncIterator[Sandbox]:
    """Bring a sandbox up, ready with every node; it goes when the context ends.

    Raises ScenarioError, ValueError (a scenario that cannot be), OSError (state folder, ports), NotReady.
    """
    options.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    world = build_world(load(options.scenario), options)
    async with AsyncExitStack() as stack:
        stack.callback((options.state / info_file.FILE).unlink, missing_ok=True)
        stack.callback(world.log.close)
        info = await _open_doors(world, Doors(world, stack, _earlier_ports(options)))
        await stack.enter_async_context(running(*_movers(world)))
        world.notes += apply_all(world.cluster, read_files(world.scenario.objects))
        await wait_ready(world)
        world.notes += [note for n, _ in enumerate(world.overlays) for note in bring_up(world, n)]
        world.facts["ready_after_cpu_seconds"] = round(time.process_time(), 3)
        await stack.enter_async_context(running(then(world)))
        info_file.write(info)
        yield Sandbox(world, info)


def _movers(world: World) -> list[Coroutine[Any, Any, None]]:
    movers = [
        run_controllers(world.cluster, world.clock, world.faults, world.authority),
        run_ingress_controller(world.cluster, world.clock, world.scenario.ingress.address),
        world.fleet.run(),
    ]
    if world.options.keep:
        movers.append(keep(world.options.state, world.cluster.store, world.registries))
    return movers


async def _open_doors(world: World, doors: Doors) -> SandboxInfo:
    tokens = Tokens()
    tls = doors.tls()
    api = await doors.open("api", api_app(_api_server(world, tokens)), tls)
    registries = [
        await _open_registry(doors, spec, registry, number)
        for number, (spec, registry) in enumerate(zip(world.scenario.registries, world.registries, strict=True))
    ]
    azure = await doors.open("azure", doors.log(build_azure(world).app(), "azure"), tls)
    http, https = await _open_ingress(doors)
    control = await doors.open("control", Control(world, tokens.control).app(), tls)
    state = world.options.state
    (state / PORTS).write_text(json.dumps(doors.ports), encoding="utf-8")
    authority = world.authority.pair.certificate
    write_bundle(state / "ca-bundle.crt", authority)
    write_kubeconfig(state / "kubeconfig", f"https://localhost:{api}", authority, tokens.admin)
    return SandboxInfo(
        scenario=world.scenario.name,
        state=state,
        pid=os.getpid(),
        kubeconfig=state / "kubeconfig",
        context=CONTEXT,
        api_url=f"https://localhost:{api}",
        token=tokens.admin,
        ca_file=state / "ca.crt",
        bundle_file=state / "ca-bundle.crt",
        registries=tuple(registries),
        azure=azure_info(world, azure),
        ingress_http_port=http,
        ingress_https_port=https,
        control_url=f"https://localhost:{control}",
        control_token=tokens.control,
        log_file=state / "sandbox.log",
    )


def _api_server(world: World, tokens: Tokens) -> ApiServer:
    return ApiServer(
        world.cluster,
        Authenticator({tokens.admin: ADMIN}),
        world.log,
        faults=world.faults,
        pod_logs=world.fleet.logs,
        applications=world.fleet,
        containers=world.fleet,
        metrics=world.fleet.metrics(),
        node_stats=world.fleet.stats_summary,
    )


async def _open_ingress(doors: Doors) -> tuple[int, int]:
    world = doors.world
    ingress = Ingress(world.cluster, world.fleet, world.faults, world.clock)
    certificates = Certificates(world.cluster, world.authority, world.faults, world.options.state)
    https = await doors.open("https", doors.log(ingress.app("https"), "ingress"), certificates.context())
    ingress.https_port = https
    return await doors.open("http", doors.log(ingress.app("http"), "ingress"), None), https


async def _open_registry(doors: Doors, spec: RegistrySpec, registry: Registry, number: int) -> RegistryInfo:
    app = doors.log(registry_app(registry), f"registry/{spec.host}")
    port = await doors.open(f"registry-{number}", app, doors.tls() if spec.tls else None)
    endpoint = f"localhost:{port}"
    doors.world.images.name(registry, endpoint, f"127.0.0.1:{port}")
    first = spec.accounts[0] if spec.accounts else None
    return RegistryInfo(
        host=spec.host,
        endpoint=endpoint,
        url=f"http{'s' if spec.tls else ''}://{endpoint}",
        name=spec.name,
        challenge=spec.challenge,
        username=first.username if first else "",
        password=first.password if first else "",
    )


def _earlier_ports(options: Options) -> dict[str, int]:
    """So that a kubeconfig and image references outlive a restart."""
    wanted = {"api": options.port} if options.port else {}
    try:
        found = json.loads((options.state / PORTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return wanted
    return {**{str(name): int(port) for name, port in found.items()}, **wanted}
