"""The pods that a release makes, as the question of room sees them."""

from __future__ import annotations

from deployctl.model.json import Json, dig, mapping, text
from deployctl.model.plan import Transition
from deployctl.model.room import Newcomer
from deployctl.model.rules.quota import with_defaults
from deployctl.model.rules.room import surge_of
from deployctl.model.service import WorkloadRef
from deployctl.model.snapshot import Snapshot
from deployctl.planning.proofs.scope import Scope
from deployctl.planning.settled import pods_of
from deployctl.planning.transitions import live_workload


def newcomer(scope: Scope, move: Transition) -> Newcomer | None:
    """None for what makes no pods now: a CronJob, or a workload of no replicas."""
    body, survey = scope.body(move.workload), scope.snapshot.survey
    asked = dig(body, "spec", "replicas")
    count = asked if isinstance(asked, int) else 1
    if move.kind in ("at-next-run", "manual") or not body or not count:
        return None
    spec = admitted(scope.spec(move.workload), scope)
    surge, unavailable = surge_of(body)
    return Newcomer(
        workload=str(move.workload),
        spec=spec,
        count=count,
        owners=owners(scope.snapshot, move.workload),
        surge=surge,
        unavailable=unavailable,
        priority=survey.priorities.get(text(spec, "priorityClassName"), 0),
        daemon=move.workload.kind == "DaemonSet",
    )


def admitted(spec: Json, scope: Scope) -> Json:
    """With what admission adds: limit ranges' defaults, and the runtime class's overhead."""
    survey = scope.snapshot.survey
    filled = with_defaults(spec, survey.limit_ranges)
    overhead = survey.overheads.get(text(spec, "runtimeClassName"), {})
    return {**filled, "overhead": overhead} if overhead and not mapping(spec, "overhead") else filled


def owners(snapshot: Snapshot, workload: WorkloadRef) -> frozenset[str]:
    """uids of the controllers of the workload's present pods."""
    live = live_workload(snapshot.world, workload)
    if live is None:
        return frozenset()
    sets = {revision.uid for revision in snapshot.world.revisions if revision.owner == live.uid}
    return frozenset(sets | {live.uid})


def old_specs(scope: Scope, workload: WorkloadRef) -> tuple[Json, ...]:
    """The specs of the present pods, by the live template: what quotas get back when they go."""
    live = live_workload(scope.snapshot.world, workload)
    if live is None:
        return ()
    spec = admitted(mapping(live.template, "spec"), scope)
    return tuple(spec for _ in pods_of(scope.snapshot.world, live))
