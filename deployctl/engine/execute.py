"""Executing a plan: under the lock, planned again, recorded, with the downtime measured from outside."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import assert_never

from deployctl.engine.adopt import adopted
from deployctl.engine.downtime import metered
from deployctl.engine.failure import after_a_write, as_outcome, before_any_write, interrupted
from deployctl.engine.lock import Lock, held
from deployctl.engine.measured import costs
from deployctl.engine.moved import insist_unmoved
from deployctl.engine.observe import observe
from deployctl.engine.record import begin, ended
from deployctl.engine.run import Events, Run, Work, timed
from deployctl.engine.side_by_side import Leave, side_by_side
from deployctl.engine.steps.apply import apply
from deployctl.engine.steps.build import build
from deployctl.engine.steps.bump import bump, commit, unbump
from deployctl.engine.steps.health import health
from deployctl.engine.steps.prefetch import prefetch, remove_earlier
from deployctl.engine.steps.removal import remove_leftovers
from deployctl.engine.steps.restart import restart
from deployctl.engine.steps.rollout import rollout
from deployctl.engine.steps.tag import tag
from deployctl.engine.steps.verify import verify
from deployctl.engine.target import Target
from deployctl.model.change import Finding
from deployctl.model.errors import DeployError
from deployctl.model.event import StepName, Warned
from deployctl.model.plan import (
    ApplyStep,
    AwaitStep,
    BuildStep,
    BumpStep,
    CommitStep,
    HealthStep,
    LeftoversStep,
    Plan,
    PrefetchStep,
    RecordStep,
    RestartStep,
    Step,
    TagStep,
    VerifyStep,
)
from deployctl.model.release import Release
from deployctl.model.request import ReleaseRequest
from deployctl.model.rules.usual import usual_times
from deployctl.model.snapshot import Snapshot
from deployctl.planning import plan_release

EXPOSED = (LeftoversStep, ApplyStep, RestartStep, AwaitStep, HealthStep)
"""The steps during which users may notice something."""


def execute(request: ReleaseRequest, target: Target, plan: Plan, deployctl_version: str) -> Events:
    """Do what was planned, or nothing. Raises DeployError; every exit leaves a record once the lock is held.

    A run that is killed leaves a record that says `running`, and a cluster that the next release finishes.
    """
    with held(target) as lock:
        snapshots: list[Snapshot] = []
        yield from timed(
            target.ports.clock, "lock", f"lock {plan.environment}", _again(request, target, plan, snapshots)
        )
        snapshot = snapshots[0]
        stamp = target.ports.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        run = Run(target, plan, snapshot.world, stamp)
        run.usual = usual_times(snapshot.history)
        run.facts.update({s.service.name: s.found for s in snapshot.services if s.found})
        yield from _recorded(run, lock, _first_record(run, snapshot.history, deployctl_version))


def _again(request: ReleaseRequest, target: Target, plan: Plan, found: list[Snapshot]) -> Work:
    """Look once more, now that nobody else may write, and insist on the plan that was shown."""
    found.append(observe(request, target))
    insist_unmoved(plan, plan_release(request, found[0]))
    yield from ()
    return "nothing has moved since the plan"


def _first_record(run: Run, history: tuple[Release, ...], deployctl_version: str) -> Release:
    """The record of this run, after one of what served before it where nobody had recorded that."""
    number = max((release.number for release in history), default=0) + 1
    before = adopted(run, history, number, deployctl_version)
    if before is not None:
        run.target.ports.history.save(before, keep=run.target.environment.policies.history)
        number += 1
    return begin(run, number, deployctl_version)


def _recorded(run: Run, lock: Lock, record: Release) -> Events:
    history, keep = run.target.ports.history, run.target.environment.policies.history
    clock = run.target.ports.clock
    history.save(record, keep=keep)
    try:
        yield from _steps(run, lock)
    except (DeployError, KeyboardInterrupt) as raised:
        error = raised if isinstance(raised, DeployError) else interrupted(run)
        if run.wrote_tree and not run.wrote_cluster:
            restored = unbump(run)
            yield Warned(Finding("bump-undone", f"the overlay is as it was before: {', '.join(restored)}"))
        final = after_a_write(error) if run.wrote_cluster else before_any_write(error)
        yield from _save(run, ended(record, run, as_outcome(final), final.problem, clock.now()))
        raise final from raised
    except BaseException:
        history.save(ended(record, run, "bug", None, clock.now()), keep=keep)
        raise
    yield from timed(clock, "record", f"record release {record.number}", _final_record(run, record))


def _final_record(run: Run, record: Release) -> Work:
    yield from _save(run, ended(record, run, "done", None, run.target.ports.clock.now()))
    return f"release {record.number}"


def _save(run: Run, record: Release) -> Events:
    """A release is not undone because its record could not be written; it is said."""
    try:
        run.target.ports.history.save(record, keep=run.target.environment.policies.history)
    except DeployError as error:
        yield Warned(Finding("record-failed", error.problem.what, error.problem.where, error.problem.evidence))


def _steps(run: Run, lock: Lock) -> Events:
    builds = [s for s in run.plan.steps if isinstance(s, BuildStep)]
    before = [s for s in run.plan.steps if isinstance(s, PrefetchStep | BumpStep)]
    exposed = [s for s in run.plan.steps if isinstance(s, EXPOSED)]
    after = [s for s in run.plan.steps if isinstance(s, VerifyStep | TagStep | CommitStep)]
    remove_earlier(run)
    yield from _built(run, lock, builds)
    yield from _in_turn(run, lock, before)
    yield from _measured(run, lock, exposed)
    yield from _in_turn(run, lock, after)


def _built(run: Run, lock: Lock, steps: Sequence[BuildStep]) -> Events:
    """All images side by side."""
    if not steps:
        return
    lock.phase = "build " + ", ".join(step.service for step in steps)
    lock.insist()
    for event in side_by_side([partial(_building, run, step) for step in steps]):
        run.remember(event)
        yield event


def _building(run: Run, step: BuildStep, leave: Leave) -> Events:
    return timed(run.target.ports.clock, "build", f"build {step.image}", build(run, step, leave))


def _measured(run: Run, lock: Lock, steps: Sequence[Step]) -> Events:
    if not any(isinstance(step, AwaitStep) for step in steps):
        yield from _in_turn(run, lock, steps)
        return
    with metered(run) as meters:
        try:
            yield from _in_turn(run, lock, steps)
        except (DeployError, KeyboardInterrupt):
            yield from costs(run, meters)
            raise
        yield from costs(run, meters)


def _in_turn(run: Run, lock: Lock, steps: Sequence[Step]) -> Events:
    for step in steps:
        name, title, work = at_work(run, step)
        lock.phase = title
        lock.insist()
        for event in timed(run.target.ports.clock, name, title, work):
            run.remember(event)
            yield event


def at_work(run: Run, step: Step) -> tuple[StepName, str, Work]:
    """A step's name, its title for people, and its generator, not yet begun."""
    match step:
        case TagStep():
            return "tag", f"tag {step.image.name} as {', '.join(step.tags)}", tag(run, step)
        case PrefetchStep():
            return "prefetch", f"pull {', '.join(step.images)} onto {', '.join(step.nodes)}", prefetch(run, step)
        case BumpStep():
            return "bump", "bump " + ", ".join(e.path for e in step.edits), bump(run, step)
        case CommitStep():
            return "commit", f"commit {', '.join(step.paths)}", commit(run, step)
        case ApplyStep():
            return "apply", f"apply {step.objects} changed objects", apply(run, step)
        case LeftoversStep():
            return "leftovers", f"remove {len(step.pods)} pods that were left behind", remove_leftovers(run, step)
        case RestartStep():
            return "restart", f"restart {step.workload}", restart(run, step)
        case AwaitStep():
            return "rollout", "wait for " + ", ".join(str(t.workload) for t in step.transitions), rollout(run, step)
        case HealthStep():
            return "health", f"check {step.url}", health(run, step)
        case VerifyStep():
            return "verify", f"verify {', '.join(step.services)}", verify(run, step)
        case BuildStep() | RecordStep():
            raise AssertionError("builds run side by side; the record is written around the steps")
        case _:
            assert_never(step)
