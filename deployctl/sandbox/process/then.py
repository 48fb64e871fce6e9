"""The second half of a scenario: what happens to a world once it runs."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.patches.errors import PatchError
from deployctl.sandbox.patches.json_patch import json_patch
from deployctl.sandbox.process.registries import image_spec
from deployctl.sandbox.process.seed import apply_all, read_files
from deployctl.sandbox.process.world import World
from deployctl.sandbox.registry.make import make_image
from deployctl.sandbox.scenario.model import Select, Then

MANAGER = "kubectl-edit"
WORKLOADS = ("deployments.apps", "statefulsets.apps", "daemonsets.apps")
POLL = 0.1
PATIENCE = 120.0
"""Seconds of the sandbox's time after which it happens to a world that never came up."""


async def then(world: World) -> None:
    """Waits until every workload runs, and lets the scenario's `then` happen; `facts["then"]` tells when it has."""
    if world.scenario.then == Then():
        return
    world.facts["then"] = "waiting until everything runs"
    end = world.clock.monotonic() + PATIENCE
    while not all_run(world) and world.clock.monotonic() < end:
        await world.clock.sleep(POLL)
    world.notes += _happen(world, world.scenario.then)
    world.facts["then"] = "happened"


def all_run(world: World) -> bool:
    """Whether every Deployment, StatefulSet and DaemonSet has all its pods."""
    return all(_runs(body) for resource in WORKLOADS for body in world.cluster.list(resource))


def _runs(body: Object) -> bool:
    status: dict[str, Any] = body.get("status") or {}
    wanted = status.get("desiredNumberScheduled") if body["kind"] == "DaemonSet" else body["spec"].get("replicas", 1)
    available = status.get("numberAvailable", 0) if body["kind"] == "DaemonSet" else status.get("availableReplicas", 0)
    seen = status.get("observedGeneration", 0) >= body["metadata"].get("generation", 0)
    return bool(seen and wanted is not None and available >= wanted)


def _happen(world: World, what: Then) -> list[str]:
    problems: list[str] = []
    for fault in what.faults:
        world.faults.add(fault.kind, fault.parameters)
    for push in what.pushes:
        (registry,) = [r for r in world.registries if push.host in {r.host, ""}][:1]
        make_image(registry.storage, push.repository, push.tag, image_spec(push))
    for select in what.deletions:
        for found in _selected(world, select):
            world.cluster.delete(select.resource, found["metadata"].get("namespace"), found["metadata"]["name"])
    for patching in what.patches:
        for found in _selected(world, patching):
            try:
                world.cluster.update(patching.resource, json_patch(found, patching.patch), manager=MANAGER)
            except (ApiError, PatchError) as error:
                problems.append(f"then: {patching.resource} {found['metadata']['name']}: {error}")
    return problems + apply_all(world.cluster, read_files(what.objects))


def _selected(world: World, select: Select) -> Iterator[Object]:
    for body in world.cluster.list(select.resource):
        metadata = body["metadata"]
        fits = fnmatchcase(metadata["name"], select.name)
        if fits and fnmatchcase(metadata.get("namespace", ""), select.namespace):
            yield body
