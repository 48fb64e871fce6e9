"""One node's means, shared by everything that runs on it."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from deployctl.sandbox.contracts import Images, Object
from deployctl.sandbox.controllers.kit.events import Recorder
from deployctl.sandbox.controllers.kit.world import World
from deployctl.sandbox.nodes.environment import Cluster
from deployctl.sandbox.nodes.faults import Subject, concerning, happened
from deployctl.sandbox.nodes.images import ImageStore
from deployctl.sandbox.nodes.link import Link
from deployctl.sandbox.nodes.spec import NodeSpec
from deployctl.sandbox.nodes.timings import Timings

log = logging.getLogger("deployctl.sandbox")
MANAGER = "kubelet"


class Machine:
    """Clock, store, link and recorder of a node; `down` while a fault has taken it from the network."""

    def __init__(self, spec: NodeSpec, number: int, world: World, images: Images, timings: Timings) -> None:
        self.spec, self.world, self.images, self.timings = spec, world, images, timings
        self.name, self.clock, self.faults = spec.name, world.clock, world.faults
        self.number = number
        self.ip = f"192.168.{number // 250}.{number % 250 + 1}"
        self.store = ImageStore()
        self.link = Link(self.clock, self._bandwidth)
        self.events = Recorder(world, MANAGER, MANAGER, spec.name)
        self.down = False
        self._addresses = 1
        self.on_images: Callable[[], None] = lambda: None

    def read(self, resource: str, namespace: str, name: str) -> Object | None:
        return self.world.get(resource, namespace, name)

    def surroundings(self) -> Cluster:
        """What variables are filled in from."""
        return Cluster(self.read, lambda namespace: self.world.all("services", namespace), self.ip)

    def new_address(self) -> str:
        """A pod's IP, of the node's own range."""
        self._addresses += 1
        return f"10.244.{self.number}.{self._addresses % 254 + 1}"

    def spread(self, name: str) -> float:
        """A part of the jitter that is always the same for the same name. Seconds."""
        return self.timings.jitter * zlib.crc32(name.encode()) / 2**32

    def concerning(self, kind: str, subject: Subject) -> list[Mapping[str, Any]]:
        return concerning(self.faults, kind, subject)

    def strike(self, kind: str, subject: Subject) -> Mapping[str, Any] | None:
        """The first fault of a kind that concerns the subject, counted as having happened."""
        found = self.concerning(kind, subject)
        if not found:
            return None
        happened(self.faults, found[0])
        return found[0]

    def _bandwidth(self) -> float:
        limits = [f["bytes_per_second"] for f in self.concerning("bandwidth", Subject(node=self.name))]
        return min([self.spec.bandwidth_bytes_per_second, *(float(limit) for limit in limits)])
