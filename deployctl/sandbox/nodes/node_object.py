"""The Node as its kubelet reports it. Pure."""

from __future__ import annotations

from datetime import datetime

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import condition_of, timestamp
from deployctl.sandbox.controllers.kit.quantity import whole
from deployctl.sandbox.nodes.spec import NodeSpec

VERSION = "v1.37.2"
HEALTHY = {
    "MemoryPressure": ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
}
UNDER_MEMORY_PRESSURE = ("KubeletHasInsufficientMemory", "kubelet has insufficient memory available")


def new_node(spec: NodeSpec) -> Object:
    labels = {
        "beta.kubernetes.io/arch": spec.architecture,
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": spec.architecture,
        "kubernetes.io/hostname": spec.name,
        "kubernetes.io/os": "linux",
        **spec.labels,
    }
    taints = [{"key": t.key, "effect": t.effect, **({"value": t.value} if t.value else {})} for t in spec.taints]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": spec.name, "labels": labels},
        "spec": {"taints": taints} if taints else {},
    }


def node_status(
    spec: NodeSpec, before: Object, ip: str, images: list[dict[str, object]], now: datetime, *, pressure: bool = False
) -> Object:
    """Everything but what the node controller writes."""
    capacity = {
        "cpu": spec.cpu,
        "ephemeral-storage": spec.ephemeral_storage,
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": _kibibytes(whole(spec.memory)),
        "pods": str(spec.pods),
    }
    allocatable = whole(spec.memory) - whole(spec.reserved_memory)
    return {
        "capacity": capacity,
        "allocatable": {**capacity, "memory": _kibibytes(allocatable)},
        "conditions": _conditions(before, now, pressure=pressure),
        "addresses": [{"type": "InternalIP", "address": ip}, {"type": "Hostname", "address": spec.name}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": _info(spec),
        "images": images,
    }


def _kibibytes(amount: int) -> str:
    """A kubelet reports memory so, however round it is."""
    return f"{amount // 1024}Ki"


def _conditions(before: Object, now: datetime, *, pressure: bool) -> list[Object]:
    conditions = []
    for type_, (reason, message) in HEALTHY.items():
        pressed = pressure and type_ == "MemoryPressure"
        words = UNDER_MEMORY_PRESSURE if pressed else (reason, message)
        conditions.append(_condition(before, type_, "True" if pressed else "False", words, now))
    ready = ("KubeletReady", "kubelet is posting ready status")
    return [*conditions, _condition(before, "Ready", "True", ready, now)]


def _condition(before: Object, type_: str, status: str, words: tuple[str, str], now: datetime) -> Object:
    current = condition_of(before, type_)
    same = current is not None and current["status"] == status
    return {
        "type": type_,
        "status": status,
        "lastHeartbeatTime": timestamp(now),
        "lastTransitionTime": current["lastTransitionTime"] if current and same else timestamp(now),
        "reason": words[0],
        "message": words[1],
    }


def _info(spec: NodeSpec) -> Object:
    return {
        "machineID": spec.name,
        "systemUUID": spec.name,
        "bootID": spec.name,
        "kernelVersion": "6.1.0",
        "osImage": "deployctl sandbox",
        "containerRuntimeVersion": "containerd://1.6.20",
        "kubeletVersion": VERSION,
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": spec.architecture,
        "swap": {"capacity": 0},
    }
