"""AwaitRollout: look, judge, say, sleep; until every workload is done or one has failed."""

from __future__ import annotations

import re
from dataclasses import replace

from deployctl.engine.evidence import with_logs
from deployctl.engine.run import Run, Work
from deployctl.engine.steps.removal import STUCK, delete_stuck
from deployctl.model.course import Course
from deployctl.model.diagnosis import Diagnosis
from deployctl.model.errors import ReleaseFailed
from deployctl.model.event import Diagnosed, Waiting
from deployctl.model.plan import AwaitStep, Transition
from deployctl.model.rollout import RolloutReport, World
from deployctl.model.rules.assess import assess_rollout
from deployctl.model.rules.family import family
from deployctl.model.rules.following import followed
from deployctl.model.rules.usual import phase_name
from deployctl.model.rules.watch import Watch, start_watch

REMINDER = 10.0
"""Seconds after which an unchanged wait is said again."""
SECONDS = re.compile(r"\d+(?:\.\d+)? s\b")


def rollout(run: Run, step: AwaitStep) -> Work:
    """Raises ReleaseFailed with the first fatal diagnosis and its evidence. One snapshot a look serves all workloads;
    how long each may take is the watches' own affair, so every wait has an end."""
    target, clock = run.target, run.target.ports.clock
    watches = {transition.workload: _watch(run, transition) for transition in step.transitions}
    began, said_at = clock.monotonic(), float("-inf")
    said: tuple[object, ...] = ()
    while True:
        world = target.ports.cluster.world(target.environment.namespace)
        now = clock.monotonic()
        looked = {ref: assess_rollout(world, watch) for ref, watch in watches.items()}
        watches = {ref: watch for ref, (_, watch) in looked.items()}
        run.reports = tuple(_followed(run, world, watches[ref], report, now) for ref, (report, _) in looked.items())
        news = _gist(run.reports) != said or now - said_at >= REMINDER
        if news:
            said, said_at = _gist(run.reports), now
        yield Waiting(run.reports, now - began, news)
        run.looked = world
        stuck = _stuck(run.reports) if step.delete_stuck else ()
        yield from delete_stuck(run, stuck)
        failed = [r for r in run.reports if r.phase == "failed" and not _only(r, stuck)]
        if failed:
            diagnoses = tuple(with_logs(target, d) for r in failed for d in r.diagnoses if d.severity == "fatal")
            for diagnosis in diagnoses:
                yield Diagnosed(diagnosis)
            raise failure(run, failed[0], diagnoses)
        if all(r.phase == "done" for r in run.reports):
            return ", ".join(f"{r.workload} {r.ready}/{r.wanted} ready" for r in run.reports)
        clock.sleep(target.environment.policies.poll)


def _stuck(reports: tuple[RolloutReport, ...]) -> tuple[Diagnosis, ...]:
    return tuple(d for r in reports for d in r.diagnoses if d.cause == STUCK and d.severity == "fatal")


def _only(report: RolloutReport, stuck: tuple[Diagnosis, ...]) -> bool:
    """Whether nothing but the pods that were just deleted is wrong with it."""
    fatal = tuple(d for d in report.diagnoses if d.severity == "fatal")
    return bool(stuck) and all(d in stuck for d in fatal)


def _followed(run: Run, world: World, watch: Watch, report: RolloutReport, at: float) -> RolloutReport:
    """The report with how long its phase has lasted, and what is usual; the run remembers the rollout's course."""
    transition = watch.transition
    course = run.courses.get(transition.workload) or Course(transition.workload, transition.kind)
    workload = next((w for w in world.workloads if w.ref == transition.workload), None)
    if workload is None:
        return report
    course = followed(course, family(world, workload, watch.baseline), report.phase, at, world.now)
    run.courses[transition.workload] = course
    lasted = at - course.entered if course.entered is not None else 0.0
    return replace(report, lasted=lasted, usual=run.usual.get(phase_name(transition.workload, report.phase)))


def _watch(run: Run, transition: Transition) -> Watch:
    applied = next(
        (
            m
            for ref, m in run.applied.items()
            if (ref.kind, ref.name) == (transition.workload.kind, transition.workload.name)
        ),
        None,
    )
    environment = run.target.environment
    return start_watch(run.before, transition, environment.policies, namespace=environment.namespace, applied=applied)


def _gist(reports: tuple[RolloutReport, ...]) -> tuple[object, ...]:
    """What of the reports is worth a line when it changes; the seconds that pass in their words are not."""
    return tuple(
        (r.workload, r.phase, SECONDS.sub("", r.summary), r.ready, r.old, tuple(d.cause for d in r.diagnoses))
        for r in reports
    )


def failure(run: Run, report: RolloutReport, diagnoses: tuple[Diagnosis, ...]) -> ReleaseFailed:
    """The release's failure in the words of its first diagnosis; without one, of the report."""
    back = f"deployctl rollback --env {run.plan.environment}"
    if not diagnoses:
        return ReleaseFailed(f"{report.workload}: {report.summary}", where=str(report.workload), action=back)
    first = diagnoses[0]
    too = ("the previous version would fail in the same way: going back does not help",) if first.fails_old_too else ()
    helps = first.action and first.fails_old_too
    return ReleaseFailed(
        first.summary,
        where=first.object or str(report.workload),
        evidence=(*first.evidence, *too),
        action=first.action if helps else f"{first.action}; or go back: {back}" if first.action else back,
        incident=first.incident,
    )
