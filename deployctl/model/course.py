"""The course that one workload's rollout took: what was measured on the way, for the record and for advice."""

from __future__ import annotations

from dataclasses import dataclass, field

from deployctl.model.json import Json
from deployctl.model.plan import TransitionKind
from deployctl.model.rollout import Phase
from deployctl.model.service import WorkloadRef


@dataclass(frozen=True)
class Outlived:
    """An old pod whose process was still there when its grace period ended."""

    pod: str
    grace: int


@dataclass(frozen=True)
class Pull:
    """An image that a node had to fetch for a new pod."""

    pod: str
    node: str
    image: str
    seconds: float


@dataclass(frozen=True)
class Start:
    """How a new pod came to be Ready; seconds, of which the cluster tells whole ones."""

    pod: str
    init: float
    """What its init containers took, together."""
    process: float
    """From the start of its last container until it was Ready."""


@dataclass(frozen=True)
class Course:
    """What was seen so far."""

    workload: WorkloadRef
    kind: TransitionKind
    spent: tuple[tuple[Phase, float], ...] = ()
    """Seconds in each phase, all told: progress gives none back."""
    phase: Phase = "pending"
    since: float | None = None
    """Monotonic seconds at which `phase` was last seen."""
    entered: float | None = None
    """Monotonic seconds at which `phase` began."""
    ready_at: float | None = None
    """Monotonic seconds at which the first new pod was seen Ready."""
    template: Json = field(default_factory=dict, repr=False)
    outlived: tuple[Outlived, ...] = ()
    pulls: tuple[Pull, ...] = ()
    starts: tuple[Start, ...] = ()

    def spent_in(self, *phases: Phase) -> float:
        return sum(seconds for phase, seconds in self.spent if phase in phases)
