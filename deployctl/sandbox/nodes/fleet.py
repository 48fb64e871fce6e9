"""All nodes of the sandbox. Implements `contracts.Applications`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from deployctl.sandbox.contracts import (
    Answer,
    Change,
    Clock,
    Faults,
    ImageConfig,
    Images,
    Object,
    Objects,
    PullError,
)
from deployctl.sandbox.controllers.kit.meta import uid_of
from deployctl.sandbox.controllers.kit.pods import node_of
from deployctl.sandbox.controllers.kit.tasks import Tasks
from deployctl.sandbox.controllers.kit.world import World
from deployctl.sandbox.nodes import entering
from deployctl.sandbox.nodes.containers import ContainerRecord
from deployctl.sandbox.nodes.images import parse_reference
from deployctl.sandbox.nodes.kubelet import Kubelet
from deployctl.sandbox.nodes.machine import Machine, log
from deployctl.sandbox.nodes.pod_worker import PodWorker
from deployctl.sandbox.nodes.spec import NodeSpec
from deployctl.sandbox.nodes.timings import REAL, Timings
from deployctl.sandbox.nodes.usage import FleetMetrics, stats_summary

HANG_SECONDS = 3600.0


class Fleet:
    """`run` registers the nodes and keeps them going until it is cancelled."""

    def __init__(
        self,
        objects: Objects,
        images: Images,
        clock: Clock,
        faults: Faults,
        nodes: tuple[NodeSpec, ...],
        timings: Timings = REAL,
    ) -> None:
        self.world = World(objects, clock, faults)
        self.clock = clock
        machines = [Machine(spec, number, self.world, images, timings) for number, spec in enumerate(nodes)]
        self.kubelets = {machine.name: Kubelet(machine) for machine in machines}
        self.world.subscribe("pods", self._pod_changed)

    async def run(self) -> None:
        tasks = Tasks()
        for kubelet in self.kubelets.values():
            await self._preload(kubelet.machine)
            kubelet.register()
        try:
            for name, kubelet in self.kubelets.items():
                tasks.start(kubelet.run(), f"kubelet {name}")
            await self.world.run()
        finally:
            await tasks.cancel()

    def preload(self, node: str, reference: str, config: ImageConfig) -> None:
        """Put an image on a node as if it had been pulled before."""
        machine = self.kubelets[node].machine
        machine.store.put(parse_reference(reference), config)
        machine.on_images()

    async def _preload(self, machine: Machine) -> None:
        for text in machine.spec.preloaded_images:
            try:
                config = await machine.images.resolve(text, (), machine.spec.architecture)
            except PullError as error:
                log.warning("%s cannot be preloaded on %s: %s", text, machine.name, error)
            else:
                machine.store.put(parse_reference(text), config)

    def _pod_changed(self, change: Change) -> None:
        """Hand a pod to the kubelet that it is bound to."""
        kubelet = self.kubelets.get(node_of(change.object))
        if kubelet is not None:
            kubelet.pod_changed(change)

    # contracts.Applications

    async def request(
        self, namespace: str, pod: str, port: int, method: str, path: str, headers: Mapping[str, str]
    ) -> Answer:
        """Raises ConnectionRefusedError when nothing listens, TimeoutError when the program or its node hangs."""
        del headers
        worker = self._worker(namespace, pod)
        if worker is None:
            raise ConnectionRefusedError(f"no pod {namespace}/{pod} runs")
        if worker.machine.down:
            await self.clock.sleep(HANG_SECONDS)
            raise TimeoutError
        for record in worker.records:
            if record.process is not None and record.process.listens(port):
                return await record.process.request(method, path)
        raise ConnectionRefusedError(f"nothing listens on {worker.context.ip}:{port}")

    # what the API server asks kubelets for

    def connect(self, namespace: str, pod: str, port: int) -> None:
        """Raises ConnectionRefusedError when nothing listens there."""
        entering.connect(self._worker(namespace, pod), port)

    def check(self, namespace: str, pod: str, container: str) -> None:
        """Raises LookupError when the container does not run."""
        entering.process_of(self._worker(namespace, pod), container)

    async def execute(self, namespace: str, pod: str, container: str, command: list[str]) -> tuple[int, str]:
        """Raises LookupError, in a kubelet's words, when the container does not run, RuntimeError, in the runtime's,
        when the command cannot be started."""
        return await entering.execute(self._worker(namespace, pod), container, command)

    def logs(self, namespace: str, pod: str, container: str, *, previous: bool) -> list[tuple[datetime, str]]:
        """Raises LookupError, in a kubelet's words, when there is no such log."""
        record = self._record(namespace, pod, container)
        if previous:
            if record.previous_logs is None and record.last is None:
                raise LookupError(f'previous terminated container "{container}" in pod "{pod}" not found')
            return record.previous_logs.lines() if record.previous_logs else record.logs.lines()
        return record.logs.lines()

    def metrics(self) -> FleetMetrics:
        """For metrics.k8s.io."""
        return FleetMetrics(self.kubelets)

    def stats_summary(self, node: str) -> Object:
        """For `/api/v1/nodes/NAME/proxy/stats/summary`. Raises LookupError for a node that is not there or is lost."""
        kubelet = self.kubelets.get(node)
        if kubelet is None or kubelet.machine.down:
            raise LookupError(f"node {node} cannot be reached")
        return stats_summary(kubelet)

    def _record(self, namespace: str, pod: str, container: str) -> ContainerRecord:
        worker = self._worker(namespace, pod)
        record = worker.record(container) if worker else None
        if record is None:
            raise LookupError(f'container "{container}" in pod "{pod}" is not available')
        return record

    def _worker(self, namespace: str, name: str) -> PodWorker | None:
        pod = self.world.get("pods", namespace, name)
        kubelet = self.kubelets.get(node_of(pod)) if pod else None
        if pod is None or kubelet is None:
            return None
        return kubelet.workers.get(uid_of(pod))
