"""A node as a scenario describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class NodeTaint:
    key: str
    effect: str
    value: str = ""


@dataclass(frozen=True)
class NodeSpec:
    """Quantities are Kubernetes'. What the system keeps for itself is `cpu`/`memory` minus the reserves."""

    name: str
    cpu: str = "2"
    memory: str = "8Gi"
    pods: int = 110
    architecture: str = "amd64"
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[NodeTaint, ...] = ()
    bandwidth_bytes_per_second: float = 50e6
    """What pulls share among themselves."""
    preloaded_images: tuple[str, ...] = ()
    """References that the node has pulled before the story begins."""
    foreign_usage: Mapping[str, str] = field(default_factory=dict)
    """`cpu` and `memory` that agents of the platform request and use here; they show as a pod in kube-system."""
    reserved_memory: str = "100Mi"
    """Held back from allocatable, as a kubelet's eviction threshold is."""
    ephemeral_storage: str = "100Gi"
    pull_registries: tuple[str, ...] | None = None
    """Registry hosts that can be reached from here; None for all. Others time out."""
