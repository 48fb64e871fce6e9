"""Why a release that seemed done is not: what the fail-fast table says of its pods at one look, with no patience."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from deployctl.engine.evidence import with_logs
from deployctl.engine.run import Run
from deployctl.model.diagnosis import Diagnosis
from deployctl.model.errors import ReleaseFailed, Unavailable
from deployctl.model.plan import Transition
from deployctl.model.rollout import World
from deployctl.model.rules.fail_fast import signs
from deployctl.model.rules.family import family
from deployctl.model.rules.thresholds import impatient
from deployctl.model.rules.watch import start_watch

AT_ONCE = replace(impatient(), restarts=1)
"""A first crash counts: it happened after the pods had been called Ready."""


def explained(run: Run, failed: ReleaseFailed) -> ReleaseFailed:
    """The failure with the cause that the released pods show, its evidence first; as it was where they show none, or
    where the cluster does not answer."""
    try:
        world = run.target.ports.cluster.world(run.target.environment.namespace)
        cause = next(_causes(run, world), None)
        told = with_logs(run.target, cause) if cause else None
    except Unavailable:
        return failed
    if told is None:
        return failed
    seen = failed.problem
    return ReleaseFailed(
        told.summary,
        where=told.object,
        evidence=(*told.evidence, seen.what, *seen.evidence),
        action=told.action or seen.action,
        incident=told.incident or seen.incident,
    )


def _causes(run: Run, world: World) -> Iterator[Diagnosis]:
    environment = run.target.environment
    released = {ref for plan in run.plan.services for ref in plan.service.workloads}
    for workload in world.workloads:
        if workload.ref in released:
            move = Transition(workload.ref, "rolling")
            watch = start_watch(
                run.before, move, environment.policies, namespace=environment.namespace, thresholds=AT_ONCE
            )
            found = signs(family(world, workload, watch.baseline), watch, world.now)
            yield from (d for d in found if d.severity == "fatal" and d.object.startswith("pod/"))
