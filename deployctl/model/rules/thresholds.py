"""How long a bad sign is watched before it counts as fatal."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Thresholds:
    """Seconds from the first sight of a sign, unless said otherwise. The defaults are the fail-fast table's."""

    pull_network: float = 90.0
    """The registry cannot be reached, throttles, or answers 5xx."""
    pull_repeat: float = 20.0
    """A pull that cannot succeed is fatal once it was tried twice; this is for clusters that hide their events."""
    config_missing: float = 15.0
    """A Secret, ConfigMap or key that a container names is not there."""
    create_error: float = 30.0
    """The runtime could not create or start the container."""
    restarts: int = 2
    """Restarts (or failed runs) of a container that are fatal."""
    unschedulable: float = 60.0
    """No node has room."""
    unplaceable: float = 30.0
    """No node may run the pod at all: selector, affinity, taint, missing claim."""
    mount: float = 60.0
    """Volumes cannot be mounted, or the pod's sandbox (network) cannot be made."""
    mount_missing: float = 20.0
    """A volume names a Secret or ConfigMap that is not there."""
    quota: float = 30.0
    """The namespace's quota is used up; counted only while no old pod terminates."""
    service_account: float = 15.0
    """The pods' service account is not there."""
    overdue: float = 30.0
    """An old pod outlives its deletionTimestamp, which already includes its grace period."""
    node_lost: float = 60.0
    """The pod's node is not Ready."""
    stuck: float = 30.0
    """A StatefulSet's broken pod of a former revision blocks the update."""
    unseen: float = 60.0
    """The controller does not take notice of the change."""
    job: float = 1800.0
    """A Job that has no activeDeadlineSeconds of its own may run for so long."""
    forget: float = 30.0
    """A sign that was gone for so long starts anew when it comes back; sooner, it was only flapping."""


def impatient() -> Thresholds:
    """For a diagnosis at one look: every sign counts at once; only counts of restarts keep their meaning."""
    none: dict[str, Any] = {f.name: 0.0 for f in fields(Thresholds) if f.name not in ("restarts", "job", "forget")}
    return Thresholds(**none)
