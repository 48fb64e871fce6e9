"""What pods and nodes use, from what their programs say: for metrics.k8s.io and the kubelets' stats summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import name_of, namespace_of, timestamp, uid_of
from deployctl.sandbox.controllers.kit.quantity import whole

if TYPE_CHECKING:
    from deployctl.sandbox.nodes.kubelet import Kubelet
    from deployctl.sandbox.nodes.pod_worker import PodWorker

WINDOW = "15s"
Usage = tuple[int, int]
"""Millicores and bytes."""


class FleetMetrics:
    """Measurements as metrics-server has them; a node that cannot be reached has none."""

    def __init__(self, kubelets: dict[str, Kubelet]) -> None:
        self._kubelets = kubelets

    def nodes(self) -> Sequence[Object]:
        return [self._node(kubelet) for kubelet in self._reachable()]

    def pods(self) -> Sequence[Object]:
        return [
            self._pod(worker)
            for kubelet in self._reachable()
            for worker in kubelet.workers.values()
            if any(record.process is not None for record in worker.records)
        ]

    def _reachable(self) -> Iterable[Kubelet]:
        return (kubelet for kubelet in self._kubelets.values() if not kubelet.machine.down)

    def _node(self, kubelet: Kubelet) -> Object:
        cpu, memory = node_usage(kubelet)
        moment = timestamp(kubelet.machine.clock.now())
        metadata = {"name": kubelet.machine.name, "creationTimestamp": moment}
        return {"metadata": metadata, "timestamp": moment, "window": WINDOW, "usage": _quantities(cpu, memory)}

    def _pod(self, worker: PodWorker) -> Object:
        moment = timestamp(worker.machine.clock.now())
        metadata = {"name": name_of(worker.pod), "namespace": namespace_of(worker.pod), "creationTimestamp": moment}
        containers = [{"name": name, "usage": _quantities(*used)} for name, used in container_usage(worker)]
        return {"metadata": metadata, "timestamp": moment, "window": WINDOW, "containers": containers}


def container_usage(worker: PodWorker) -> list[tuple[str, Usage]]:
    """Of the containers that run."""
    running = [(record.name, record.process) for record in worker.records]
    return [(name, (process.cpu(), process.memory())) for name, process in running if process is not None]


def node_usage(kubelet: Kubelet) -> Usage:
    """All pods, and what the system itself takes."""
    used = [u for worker in kubelet.workers.values() for _, u in container_usage(worker)]
    system = whole(kubelet.machine.spec.reserved_memory)
    return 50 + sum(cpu for cpu, _ in used), system + sum(memory for _, memory in used)


def _quantities(cpu: int, memory: int) -> Object:
    return {"cpu": f"{cpu * 1_000_000}n", "memory": f"{memory // 1024}Ki"}


def stats_summary(kubelet: Kubelet) -> Object:
    """The document of `/api/v1/nodes/NAME/proxy/stats/summary`: node and pods, cpu and memory."""
    moment = timestamp(kubelet.machine.clock.now())
    cpu, memory = node_usage(kubelet)
    capacity = whole(kubelet.machine.spec.memory)
    node = {
        "nodeName": kubelet.machine.name,
        "cpu": _cpu(moment, cpu),
        "memory": {"time": moment, "availableBytes": max(0, capacity - memory), **_memory(memory)},
    }
    return {"node": node, "pods": [_pod_stats(worker, moment) for worker in kubelet.workers.values()]}


def _pod_stats(worker: PodWorker, moment: str) -> Object:
    containers = [
        {"name": name, "startTime": moment, "cpu": _cpu(moment, cpu), "memory": {"time": moment, **_memory(memory)}}
        for name, (cpu, memory) in container_usage(worker)
    ]
    used = [usage for _, usage in container_usage(worker)]
    cpu, memory = sum(u[0] for u in used), sum(u[1] for u in used)
    reference = {"name": name_of(worker.pod), "namespace": namespace_of(worker.pod), "uid": uid_of(worker.pod)}
    return {
        "podRef": reference,
        "startTime": moment,
        "containers": containers,
        "cpu": _cpu(moment, cpu),
        "memory": {"time": moment, **_memory(memory)},
    }


def _cpu(moment: str, millicores: int) -> Object:
    return {"time": moment, "usageNanoCores": millicores * 1_000_000}


def _memory(amount: int) -> Object:
    return {"usageBytes": amount, "workingSetBytes": amount, "rssBytes": amount}
