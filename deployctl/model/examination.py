"""What `diagnose` looks at, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.image import ImageFacts
from deployctl.model.manifest import Manifest
from deployctl.model.outside import Outside
from deployctl.model.rollout import RolloutReport
from deployctl.model.service import Service
from deployctl.model.snapshot import Snapshot


@dataclass(frozen=True)
class Trial:
    """The overlay rendered as if every service were released under a tag that nobody has."""

    tag: str
    manifests: tuple[Manifest, ...] = field(default=(), repr=False)
    """Empty: it could not be rendered."""


@dataclass(frozen=True)
class Present:
    """The world at one look, no release running."""

    services: tuple[Service, ...]
    """Those that were asked about."""
    project: tuple[Service, ...]
    """All that the configuration knows."""
    everything: bool
    """Nobody named a service: whatever runs in the namespace is looked at, dependencies and bare pods included."""
    namespace_exists: bool | None
    """None: namespaces may not be read."""
    snapshot: Snapshot
    """`manifests` is the overlay as it lies on disk, empty where it does not render; `predicted` what applying it
    would make; `access` the registry's word on the live pods' pull secrets; `services` the images that live workloads
    name."""
    outside: Outside
    registry: Mapping[str, ImageFacts | None]
    """Every reference of the services' repositories that the overlay or a live workload names -> what the registry
    says; a reference that is not here was not answered."""
    trial: Trial
    unknown: tuple[str, ...] = ()
    """What could not be looked at, and why."""
    releasing: str = ""
    """Who holds the environment's lock, and at which step; empty: nobody."""


@dataclass(frozen=True)
class Answered:
    """What one service's health URL answers."""

    service: str
    good: bool
    detail: str


@dataclass(frozen=True)
class Examination:
    """What is wrong in an environment, the worst first."""

    environment: str
    namespace: str
    cluster: str
    """The API server's address."""
    diagnoses: tuple[Diagnosis, ...]
    rollouts: tuple[RolloutReport, ...]
    """Where each workload stands; what is wrong with it is among `diagnoses`."""
    health: tuple[Answered, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def wrong(self) -> tuple[Diagnosis, ...]:
        """What keeps the environment from being well; notes do not."""
        return tuple(d for d in self.diagnoses if d.severity != "note")
