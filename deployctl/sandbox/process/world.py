"""The rooms of one sandbox, put together from a scenario; nothing listens yet."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

from deployctl.sandbox.api.cluster import Cluster
from deployctl.sandbox.clock import ScaledClock
from deployctl.sandbox.contracts import Clock, PullError
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.nodes.fleet import Fleet
from deployctl.sandbox.overlay.extend import Extended, extend
from deployctl.sandbox.overlay.render import render
from deployctl.sandbox.pki import Authority
from deployctl.sandbox.process import keep
from deployctl.sandbox.process.options import Options
from deployctl.sandbox.process.registries import build_registry
from deployctl.sandbox.registry.images import SandboxImages
from deployctl.sandbox.registry.jwt import Signer
from deployctl.sandbox.registry.registry import Registry
from deployctl.sandbox.requestlog import RequestLog
from deployctl.sandbox.scenario.model import Scenario


@dataclass
class World:
    """Everything that a sandbox consists of."""

    scenario: Scenario
    options: Options
    clock: Clock
    faults: FaultBoard
    log: RequestLog
    authority: Authority
    cluster: Cluster
    registries: tuple[Registry, ...]
    images: SandboxImages
    fleet: Fleet
    entra: Signer
    notes: list[str] = field(default_factory=list)
    """What could not be brought up, for the reader."""
    facts: dict[str, Any] = field(default_factory=dict)
    """More for the control endpoint to tell."""
    overlays: tuple[Extended, ...] = ()
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def document(self) -> dict[str, Any]:
        """For the control endpoint."""
        return {"scenario": self.scenario.name, "notes": self.notes, **self.facts}

    def stop(self) -> None:
        """Asks whoever holds the sandbox open to close it."""
        self.stopping.set()


def build_world(scenario: Scenario, options: Options) -> World:
    """Raises ValueError when the scenario names a size, role or fault that does not exist, OverlayError."""
    overlays = []
    for overlay in options.overlays:
        overlays.append(extend(scenario, render(overlay.folder, overlay.flags)))
        scenario = overlays[-1].scenario
    clock = ScaledClock(options.clock_speed)
    faults = FaultBoard()
    authority = Authority.open(options.state)
    entra = Signer()
    registries = tuple(build_registry(spec, scenario.azure, clock, faults, entra) for spec in scenario.registries)
    for fault in scenario.faults:
        faults.add(fault.kind, fault.parameters)
    kept = keep.read(options.state) if options.keep else None
    keep.restore_registries(kept, registries)
    cluster = Cluster(clock, keep.restore_store(kept), ca_certificate=authority.pair.certificate.decode())
    images = SandboxImages(_by_host(scenario, registries), faults, scenario.unreachable, scenario.containerd)
    world = World(
        scenario=scenario,
        options=options,
        clock=clock,
        faults=faults,
        log=RequestLog(file=options.state / "requests.jsonl"),
        authority=authority,
        cluster=cluster,
        registries=registries,
        images=images,
        fleet=Fleet(cluster, images, clock, faults, tuple(replace(n, preloaded_images=()) for n in scenario.nodes)),
        entra=entra,
        overlays=tuple(overlays),
        notes=[note for overlay in overlays for note in overlay.notes],
    )
    _preload(world)
    return world


def _preload(world: World) -> None:
    """Images that nodes have from the start, as after years of pulling: no credential is asked for."""
    everywhere = [image for overlay in world.overlays for image in overlay.images]
    for node in world.scenario.nodes:
        for text in (*node.preloaded_images, *everywhere):
            try:
                world.fleet.preload(node.name, text, world.images.inspect(text, node.architecture))
            except PullError as error:
                world.notes.append(f"image {text} cannot be on node {node.name}: {error}")


def _by_host(scenario: Scenario, registries: tuple[Registry, ...]) -> dict[str, Registry]:
    """By each name that an image reference may use; the loopback address joins when it is known."""
    named: dict[str, Registry] = {}
    for spec, registry in zip(scenario.registries, registries, strict=True):
        named.update(dict.fromkeys((spec.host, *spec.aliases), registry))
    return named
