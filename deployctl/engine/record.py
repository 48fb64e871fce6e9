"""The release record: written when the first write is near, completed when the run ends, however it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from deployctl.engine.run import Run
from deployctl.model.errors import Problem
from deployctl.model.release import OutcomeName, Release, ReleasedImage


def begin(run: Run, number: int, deployctl_version: str) -> Release:
    """A record of a run that has just begun."""
    tree = run.target.ports.repository.state()
    return Release(
        number=number,
        operation=run.plan.operation,
        environment=run.plan.environment,
        images=released_images(run),
        started=run.target.ports.clock.now(),
        finished=None,
        outcome="running",
        who=run.target.who,
        git_commit=tree.commit,
        git_dirty=bool(tree.dirty),
        fingerprint=run.plan.fingerprint,
        downtime=None,
        manifests=run.plan.manifests,
        deployctl_version=deployctl_version,
        proofs=run.plan.proofs,
    )


def released_images(run: Run) -> tuple[ReleasedImage, ...]:
    """What is released; a digest is empty as long as its image is still to be built."""
    return tuple(
        ReleasedImage(
            s.service.name,
            s.version,
            f"{s.image.name}:{s.image.tag}",
            run.facts[s.service.name].digest if s.service.name in run.facts else "",
            run.facts[s.service.name].context if s.service.name in run.facts else "",
        )
        for s in run.plan.services
    )


def ended(record: Release, run: Run, outcome: OutcomeName, problem: Problem | None, at: datetime) -> Release:
    """The record of a run that is over."""
    return replace(
        record,
        images=released_images(run),
        finished=at,
        outcome=outcome,
        downtime=run.downtime,
        phases=tuple(run.phases),
        removed=tuple(run.removed.values()),
        problem=problem,
    )
