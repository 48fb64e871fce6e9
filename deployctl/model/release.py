"""A release as it is remembered: who released what, when, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from deployctl.model.errors import Problem
from deployctl.model.manifest import Manifest
from deployctl.model.proven import Proven

OutcomeName = Literal[
    "done", "nothing-to-do", "refused", "rolled-back", "failed", "mismatch", "locked", "usage", "interrupted", "bug"
]


Operation = Literal["release", "rollback", "adopted"]
"""adopted: what served before deployctl's first release, remembered so that there is something to go back to."""


@dataclass(frozen=True)
class ReleasedImage:
    """One service's image in a release."""

    service: str
    version: str
    reference: str
    """host/repository:tag."""
    digest: str
    context: str = ""
    """Digest of the build context, as far as the image says."""


@dataclass(frozen=True)
class PhaseTime:
    """How long one step or phase took."""

    name: str
    seconds: float


@dataclass(frozen=True)
class Release:
    """One record. Kept as a Secret in the environment's namespace, failed releases included."""

    number: int
    operation: Operation
    environment: str
    images: tuple[ReleasedImage, ...]
    started: datetime
    finished: datetime | None
    outcome: OutcomeName | Literal["running"]
    who: str
    """user@host, or the CI job's actor and URL."""
    git_commit: str
    git_dirty: bool
    fingerprint: str
    downtime: float | None
    """Seconds not served, as measured; None when it was not measured."""
    phases: tuple[PhaseTime, ...] = ()
    problem: Problem | None = None
    manifests: tuple[Manifest, ...] = field(default=(), repr=False)
    """What was applied, values of Secrets removed."""
    deployctl_version: str = ""
    proofs: tuple[Proven, ...] = ()
    """What was proven before the first write."""

    removed: tuple[str, ...] = ()
    """Pods that were deleted because somebody had asked for it, each with the reason."""

    @property
    def succeeded(self) -> bool:
        return self.outcome == "done"
