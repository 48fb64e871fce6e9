"""What a run tells while it goes: small events that progress, JSON lines, CI annotations and the record share.

Every event is one documented JSON object in `--output json`: its class's kebab-case name and its fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deployctl.model.change import Finding
from deployctl.model.context import ContextFile, ContextListing
from deployctl.model.diagnosis import Diagnosis
from deployctl.model.errors import Problem
from deployctl.model.examination import Examination
from deployctl.model.plan import Plan
from deployctl.model.release import OutcomeName, PhaseTime, Release
from deployctl.model.rollout import RolloutReport
from deployctl.model.sandbox import FaultKindsRead, FaultsRead, RequestsRead
from deployctl.model.status import EnvironmentStatus
from deployctl.model.verify import Check

StepName = Literal[
    "observe",
    "lock",
    "build",
    "prefetch",
    "promote",
    "tag",
    "bump",
    "commit",
    "leftovers",
    "apply",
    "restart",
    "rollout",
    "health",
    "verify",
    "record",
]


@dataclass(frozen=True)
class Planned:
    """The plan is complete."""

    plan: Plan


@dataclass(frozen=True)
class StepStarted:
    step: StepName
    title: str
    """As a person reads it: `build klinecubic/backend:prod-v0.8.8`."""


@dataclass(frozen=True)
class StepProgress:
    """Something of a running step worth saying; `done`/`total` where it can be counted."""

    step: StepName
    message: str
    done: int = 0
    total: int = 0
    subject: str = ""
    """Which of several things side by side: a service's name, for builds."""


@dataclass(frozen=True)
class StepFinished:
    step: StepName
    title: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True)
class StepFailed:
    step: StepName
    title: str
    seconds: float


@dataclass(frozen=True)
class StepSkipped:
    step: StepName
    title: str
    reason: str


@dataclass(frozen=True)
class LogLine:
    """A line of somebody else's output: a build's log, kustomize's warnings."""

    source: str
    text: str


@dataclass(frozen=True)
class Waiting:
    """One look at the rollouts."""

    reports: tuple[RolloutReport, ...]
    elapsed: float
    """Seconds since the wait began."""
    news: bool = True
    """Whether something changed, or a reminder is due. False: only time has passed, which live views alone show."""


@dataclass(frozen=True)
class Probed:
    """One answer of the health URL, as the health step or the downtime probe saw it."""

    service: str
    url: str
    good: bool
    detail: str
    streak: int
    wanted: int


@dataclass(frozen=True)
class Warned:
    finding: Finding


@dataclass(frozen=True)
class Diagnosed:
    """What was found to be wrong, with evidence."""

    diagnosis: Diagnosis


@dataclass(frozen=True)
class Examined:
    """Everything that is wrong at one look, the worst first."""

    examination: Examination


@dataclass(frozen=True)
class Verified:
    """The comparison of what runs with what should."""

    checks: tuple[Check, ...]


@dataclass(frozen=True)
class DowntimeMeasured:
    """How long the service did not answer rightly, by our own probes from before the teardown until after."""

    service: str
    seconds: float
    """In all: not served, and wrong answers."""
    requests: int
    failures: int
    unserved: float = 0.0
    wrong: float = 0.0
    switched: float | None = None
    """Seconds from the first probe to the first right answer of the new version; None: it could not be told."""
    phases: tuple[PhaseTime, ...] = ()
    """What the rollouts of its workloads spent meanwhile."""


@dataclass(frozen=True)
class Advised:
    """What would have made this release shorter, by what was measured in it."""

    finding: Finding


@dataclass(frozen=True)
class ContextListed:
    """What would travel to build a service."""

    service: str
    context: ContextListing
    size: int
    """Bytes, uncompressed."""
    largest: tuple[ContextFile, ...]


@dataclass(frozen=True)
class HistoryRead:
    """The recorded releases, newest first."""

    releases: tuple[Release, ...]


@dataclass(frozen=True)
class StatusRead:
    """An environment at a glance."""

    status: EnvironmentStatus


@dataclass(frozen=True)
class ConfigurationWritten:
    """What `init` wrote or would write, and what it guessed from which evidence."""

    path: str
    text: str
    guesses: tuple[Finding, ...]
    written: bool


@dataclass(frozen=True)
class SandboxRead:
    """Where the embedded cluster listens; values by the names of environment variables."""

    state: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Outcome:
    """The last event of every command."""

    outcome: OutcomeName
    exit_code: int
    summary: str
    problem: Problem | None = None


RunEvent = (
    Planned
    | StepStarted
    | StepProgress
    | StepFinished
    | StepFailed
    | StepSkipped
    | LogLine
    | Waiting
    | Probed
    | Warned
    | Diagnosed
    | Examined
    | Verified
    | DowntimeMeasured
    | Advised
    | ContextListed
    | HistoryRead
    | StatusRead
    | ConfigurationWritten
    | SandboxRead
    | FaultsRead
    | FaultKindsRead
    | RequestsRead
    | Outcome
)
