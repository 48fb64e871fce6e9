"""An environment at a glance."""

from __future__ import annotations

from dataclasses import dataclass

from deployctl.model.release import Release
from deployctl.model.rollout import RolloutReport


@dataclass(frozen=True)
class ServiceStatus:
    """One service: what the tree wants, what the cluster names, what its Ready pods run."""

    service: str
    wanted: str
    """The image reference that the overlay on disk renders; empty when it renders none."""
    named: str
    """The image reference that the live workload names; empty when none is live."""
    running: tuple[str, ...]
    """Digests."""
    rollouts: tuple[RolloutReport, ...]


@dataclass(frozen=True)
class EnvironmentStatus:
    """What there is to know before anybody acts."""

    environment: str
    namespace: str
    server: str
    version: str
    """The cluster's."""
    lock: str
    """Who releases right now, with phase and since when; empty when nobody does."""
    last: Release | None
    services: tuple[ServiceStatus, ...]
