"""What the engine needs of the world, in our own nouns. Adapters implement these, tests' fakes too.

Every method that talks to a server has a time limit of its own and raises `Unavailable` (no answer, no access) or the
error it names; never a vendor's exception. Nothing here returns or raises a secret's value.
"""

from __future__ import annotations

from dataclasses import dataclass

from deployctl.model.http import NoResponse, Response
from deployctl.ports.cluster import (
    FIELD_MANAGER,
    RESTART_MANAGER,
    Access,
    Cluster,
    ClusterIdentity,
    ClusterRejected,
    History,
    Kind,
    Leases,
    LeaseState,
    Permission,
    Writer,
)
from deployctl.ports.images import (
    BuildEvent,
    BuildLog,
    BuildOrder,
    BuildPulse,
    BuildResult,
    BuildState,
    Contexts,
    ImageBuilder,
    ImageCopier,
    Registry,
)
from deployctl.ports.outside import Clock, Names, Probe
from deployctl.ports.surroundings import PullCheck, Surroundings
from deployctl.ports.tree import Files, Rendered, Renderer, Repository, TreeState

__all__ = [
    "FIELD_MANAGER",
    "RESTART_MANAGER",
    "Access",
    "BuildEvent",
    "BuildLog",
    "BuildOrder",
    "BuildPulse",
    "BuildResult",
    "BuildState",
    "Clock",
    "Cluster",
    "ClusterIdentity",
    "ClusterRejected",
    "Contexts",
    "Files",
    "History",
    "ImageBuilder",
    "ImageCopier",
    "Kind",
    "LeaseState",
    "Leases",
    "Names",
    "NoResponse",
    "Permission",
    "Ports",
    "Probe",
    "PullCheck",
    "Registry",
    "Rendered",
    "Renderer",
    "Repository",
    "Response",
    "Surroundings",
    "TreeState",
    "Writer",
]


@dataclass(frozen=True)
class Ports:
    """Everything the engine needs of the world, for one environment. Made in `wiring.py` and in tests, nowhere else."""

    cluster: Cluster
    writer: Writer
    access: Access
    surroundings: Surroundings
    pull_check: PullCheck
    leases: Leases
    history: History
    registry: Registry
    builder: ImageBuilder | None
    """None: images are not built from here; they must exist."""
    contexts: Contexts
    copier: ImageCopier | None
    """Copies images into this environment's registry; None where that is not possible."""
    renderer: Renderer
    files: Files
    repository: Repository
    probe: Probe
    names: Names
    clock: Clock
