"""What the steps of one run share: the target, the plan, and what has come true so far."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

from deployctl.engine.target import Target
from deployctl.model.course import Course
from deployctl.model.event import RunEvent, StepFailed, StepFinished, StepName, StepStarted
from deployctl.model.image import ImageFacts
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.plan import Plan
from deployctl.model.release import PhaseTime
from deployctl.model.rollout import RolloutReport, World
from deployctl.model.service import WorkloadRef
from deployctl.ports import Clock

Events = Generator[RunEvent, None, None]
Work = Generator[RunEvent, None, str]
"""A step at work; it returns what is worth saying of its result."""


@dataclass
class Run:
    """One execution of a plan. The only mutable thing in the engine: it grows as steps come true."""

    target: Target
    plan: Plan
    before: World
    """The namespace before the first write."""
    stamp: str
    """RFC 3339, computed once a release: the restart annotation's value, so that a retry does nothing."""
    facts: dict[str, ImageFacts] = field(default_factory=dict)
    """Service name -> the image as the registry has it."""
    applied: dict[ObjectRef, Manifest] = field(default_factory=dict)
    phases: list[PhaseTime] = field(default_factory=list)
    reports: tuple[RolloutReport, ...] = ()
    """The last look at the rollouts."""
    courses: dict[WorkloadRef, Course] = field(default_factory=dict)
    """How each rollout went so far."""
    usual: Mapping[str, float] = field(default_factory=dict)
    """What the phases took in earlier releases, by the names under which records keep them."""
    removed: dict[str, str] = field(default_factory=dict)
    """uid -> what was deleted on request, and why."""
    looked: World | None = None
    """The last look at the namespace."""
    prefetched: bool = False
    """Whether images were brought to the nodes before anything was torn down."""
    wrote_tree: bool = False
    wrote_cluster: bool = False
    downtime: float | None = None

    @property
    def seen(self) -> World:
        """The newest look there is."""
        return self.looked or self.before

    def remember(self, event: RunEvent) -> None:
        """Keep how long a step took, for the record."""
        if isinstance(event, StepFinished | StepFailed):
            self.phases.append(PhaseTime(event.step, round(event.seconds, 3)))


def timed(clock: Clock, name: StepName, title: str, work: Work) -> Events:
    """Run one step's work between its start and its end."""
    began = clock.monotonic()
    yield StepStarted(name, title)
    try:
        detail = yield from work
    except (Exception, KeyboardInterrupt):
        yield StepFailed(name, title, clock.monotonic() - began)
        raise
    yield StepFinished(name, title, clock.monotonic() - began, detail)
