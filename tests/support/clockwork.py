"""A cluster of the sandbox's own controllers and nodes on a clock moved by hand, driven from plain test functions."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Coroutine, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from deployctl.sandbox.api.cluster import Cluster
from deployctl.sandbox.clock import ManualClock, settle
from deployctl.sandbox.contracts import DockerAuth, Faults, ImageConfig, Object, PullError
from deployctl.sandbox.controllers.manager import run_controllers
from deployctl.sandbox.nodes.fleet import Fleet
from deployctl.sandbox.nodes.spec import NodeSpec
from deployctl.sandbox.nodes.timings import REAL, Timings

T = TypeVar("T")
EXACT = replace(REAL, jitter=0.0)
NODES = (NodeSpec("node1", memory="2Gi"), NodeSpec("node2", memory="2Gi"))


@dataclass
class FaultTable:
    """Implements `contracts.Faults`."""

    table: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def active(self, kind: str) -> tuple[Mapping[str, Any], ...]:
        return tuple(self.table.get(kind, ()))

    def set(self, kind: str, **parameters: Any) -> None:
        self.table.setdefault(kind, []).append(parameters)

    def clear(self, kind: str) -> None:
        self.table.pop(kind, None)


@dataclass
class Shelf:
    """Implements `contracts.Images`: references with their configs, or the text with which a pull fails."""

    images: dict[str, ImageConfig | str] = field(default_factory=dict)
    asked: list[tuple[str, tuple[DockerAuth, ...]]] = field(default_factory=list)

    def put(self, reference: str, *, size: int = 10_000_000, entrypoint: str = "/app", **labels: str) -> None:
        named = {f"sandbox.{key}": value for key, value in labels.items()}
        digest = f"sha256:{hashlib.sha256(reference.encode()).hexdigest()}"
        config = ImageConfig(reference.rpartition(":")[0], digest, size, labels=named, entrypoint=(entrypoint,))
        self.images[reference] = config

    async def resolve(self, reference: str, auths: tuple[DockerAuth, ...], architecture: str) -> ImageConfig:
        self.asked.append((reference, auths))
        found = self.images.get(reference)
        if found is None:
            what = f'failed to pull and unpack image "{reference}": failed to resolve reference "{reference}"'
            raise PullError(f"rpc error: code = NotFound desc = {what}: {reference}: not found")
        if isinstance(found, str):
            raise PullError(found)
        return found


class Rehearsal:
    """One cluster. `advance` moves time; everything that becomes due on the way happens."""

    def __init__(self, nodes: tuple[NodeSpec, ...], timings: Timings, faults: Faults | None) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock, self.faults, self.shelf = ManualClock(), FaultTable(), Shelf()
        self._board: Faults = faults or self.faults
        self.cluster = self.run(self._cluster())
        self._nodes, self._timings = nodes, timings
        self.fleet = self._new_fleet()
        self._tasks: list[asyncio.Task[None]] = []
        self.seen: dict[str, list[Object]] = {}
        for resource in ("deployments.apps", "replicasets.apps", "pods", "jobs.batch", "statefulsets.apps", "nodes"):
            self._start(self._record(resource))
        self._start(run_controllers(self.cluster, self.clock, self._board))
        self._start(self.fleet.run())
        self.advance(1)

    def _new_fleet(self) -> Fleet:
        return Fleet(self.cluster, self.shelf, self.clock, self._board, self._nodes, self._timings)

    def restart_nodes(self) -> None:
        """All machines at once, as when the sandbox itself is started again on kept objects."""
        running = self._tasks.pop()
        running.cancel()
        self.run(_gathered([running]))
        self.fleet = self._new_fleet()
        self._start(self.fleet.run())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    async def _cluster(self) -> Cluster:
        return Cluster(self.clock)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(self.loop.create_task(work))

    async def _record(self, resource: str) -> None:
        seen = self.seen.setdefault(resource, [])
        async for change in self.cluster.watch(resource):
            seen.append({"type": change.type, **change.object})

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self.run(_gathered(self._tasks))
        self.loop.close()

    def advance(self, seconds: float) -> None:
        self.run(self.clock.advance(seconds))

    def settle(self) -> None:
        self.run(settle())

    def create(self, resource: str, body: Object) -> Object:
        created = self.cluster.create(resource, deepcopy(body), manager="test")
        self.settle()
        return created

    def change(self, resource: str, name: str, edit: Callable[[Object], None], namespace: str = "default") -> None:
        body = deepcopy(self.cluster.get(resource, namespace, name))
        assert body is not None
        edit(body)
        self.cluster.update(resource, body, manager="test")
        self.settle()

    def delete(self, resource: str, name: str, namespace: str | None = "default", **options: Any) -> None:
        self.cluster.delete(resource, namespace, name, **options)
        self.settle()

    def get(self, resource: str, name: str, namespace: str | None = "default") -> Object:
        found = self.cluster.get(resource, namespace, name)
        assert found is not None, f"{resource} {namespace}/{name} is not there"
        return found

    def gone(self, resource: str, name: str, namespace: str | None = "default") -> bool:
        return self.cluster.get(resource, namespace, name) is None

    def pods(self, **labels: str) -> list[Object]:
        found = [p for p in self.cluster.list("pods") if p["metadata"].get("namespace") == "default"]
        return [p for p in found if labels.items() <= (p["metadata"].get("labels") or {}).items()]

    def events(self, kind: str = "", name: str = "") -> list[tuple[str, str, str]]:
        """Type, reason and message of each event about objects of the kind whose name starts so; oldest first."""
        found = sorted(self.cluster.list("events"), key=lambda e: int(e["metadata"]["resourceVersion"]))
        return [
            (e["type"], e["reason"], e["message"])
            for e in found
            if (not kind or e["involvedObject"]["kind"] == kind) and e["involvedObject"]["name"].startswith(name)
        ]


async def _gathered(tasks: list[asyncio.Task[None]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def rehearsal(
    nodes: tuple[NodeSpec, ...] = NODES, timings: Timings = EXACT, faults: Faults | None = None
) -> Iterator[Rehearsal]:
    """A cluster with `shop/app:1` and `shop/app:2` to pull; `faults` takes the place of `world.faults`."""
    world = Rehearsal(nodes, timings, faults)
    world.shelf.put("reg.test/shop/app:1", ports="8000", startup_seconds="1")
    world.shelf.put("reg.test/shop/app:2", ports="8000", startup_seconds="1")
    try:
        yield world
    finally:
        world.close()


def container(image: str = "reg.test/shop/app:1", **fields: Any) -> Object:
    return {"name": "app", "image": image, **fields}


def pod(name: str = "solo", *containers: Object, **spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
        "spec": {"containers": list(containers) or [container()], **spec},
    }


READY = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 1}


def deployment(name: str = "web", *containers: Object, replicas: int = 1, pod_spec: Any = None, **spec: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": list(containers) or [container(readinessProbe=READY)], **(pod_spec or {})},
            },
            **spec,
        },
    }


def set_image(image: str) -> Callable[[Object], None]:
    def edit(obj: Object) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = image

    return edit


def conditions(obj: Object) -> dict[str, tuple[str, str, str]]:
    """Status, reason and message by type."""
    found = (obj.get("status") or {}).get("conditions") or ()
    return {c["type"]: (c["status"], c.get("reason", ""), c.get("message", "")) for c in found}


def state(pod: Object, container: str = "app") -> Object:
    """The container's state, by its one key."""
    status = pod["status"]
    every = [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
    return dict(next(s["state"] for s in every if s["name"] == container))


def waiting(pod: Object, container: str = "app") -> tuple[str, str]:
    """Reason and message of a container that waits; ("", "") otherwise."""
    found = state(pod, container).get("waiting") or {}
    return found.get("reason", ""), found.get("message", "")
