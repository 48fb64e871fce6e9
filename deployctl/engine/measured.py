"""What a release cost and why: the probes' samples against the rollouts' phases, and the advice that follows."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.engine.downtime import Meter
from deployctl.engine.run import Run
from deployctl.model.course import Course
from deployctl.model.event import Advised, DowntimeMeasured
from deployctl.model.probing import Measured
from deployctl.model.release import PhaseTime
from deployctl.model.rollout import Phase
from deployctl.model.rules.advice import advise
from deployctl.model.rules.usual import phase_name
from deployctl.model.service import WorkloadRef

TIMED: tuple[Phase, ...] = ("teardown", "gap", "startup", "settling")
"""The phases that are worth remembering, in their order."""


def costs(run: Run, meters: tuple[Meter, ...]) -> Iterator[DowntimeMeasured | Advised]:
    """For each service, and then what would make the next release shorter. The run remembers all of it."""
    by_service = {meter.step.service: meter.measured(_ready_at(run, meter.step.service)) for meter in meters}
    run.downtime = max((round(m.seconds, 2) for m in by_service.values()), default=None)
    run.phases.extend(time for course in run.courses.values() for time in phases_of(course))
    for service, measured in by_service.items():
        run.phases.extend(_remembered(service, measured))
        phases = tuple(t for ref in _workloads(run, service) if ref in run.courses for t in phases_of(run.courses[ref]))
        yield _told(service, measured, phases)
    for ref, course in run.courses.items():
        owner = next((s for s in by_service if ref in _workloads(run, s)), "")
        for finding in advise(course, by_service.get(owner), prefetched=run.prefetched):
            yield Advised(finding)


def phases_of(course: Course) -> tuple[PhaseTime, ...]:
    """By the names under which records keep them."""
    spent = dict(course.spent)
    return tuple(
        PhaseTime(phase_name(course.workload, phase), round(spent[phase], 2)) for phase in TIMED if spent.get(phase)
    )


def _workloads(run: Run, service: str) -> tuple[WorkloadRef, ...]:
    return next((s.service.workloads for s in run.plan.services if s.service.name == service), ())


def _ready_at(run: Run, service: str) -> float | None:
    times = (run.courses[ref].ready_at for ref in _workloads(run, service) if ref in run.courses)
    return min((time for time in times if time is not None), default=None)


def _remembered(service: str, measured: Measured) -> Iterator[PhaseTime]:
    yield PhaseTime(f"{service} not served", round(measured.unserved, 2))
    yield PhaseTime(f"{service} wrong answers", round(measured.wrong, 2))
    if measured.switched is not None:
        yield PhaseTime(f"{service} version switch", round(measured.switched, 2))


def _told(service: str, measured: Measured, phases: tuple[PhaseTime, ...]) -> DowntimeMeasured:
    return DowntimeMeasured(
        service=service,
        seconds=round(measured.seconds, 2),
        requests=measured.requests,
        failures=measured.failures,
        unserved=round(measured.unserved, 2),
        wrong=round(measured.wrong, 2),
        switched=None if measured.switched is None else round(measured.switched, 2),
        phases=phases,
    )
