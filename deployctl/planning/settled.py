"""Whether a workload is where its manifest wants it, seen in one look."""

from __future__ import annotations

from dataclasses import replace

from deployctl.model.plan import Transition
from deployctl.model.pod import Pod
from deployctl.model.rollout import World
from deployctl.model.rules.assess import assess_rollout
from deployctl.model.rules.family import family
from deployctl.model.rules.watch import Baseline, start_watch
from deployctl.model.snapshot import Snapshot
from deployctl.model.workload import Workload


def pods_of(world: World, workload: Workload) -> tuple[Pod, ...]:
    """A workload's pods of every revision, terminating ones included, ended ones not."""
    found = family(world, workload, Baseline())
    return (*found.new, *found.leaving, *found.old)


def is_settled(snapshot: Snapshot, workload: Workload) -> bool:
    """Whether nothing would have to be waited for: the current revision serves and no old pod is left."""
    at_once = replace(snapshot.environment.policies, settle=0.0, repeats=1)
    namespace = snapshot.environment.namespace
    watch = start_watch(snapshot.world, Transition(workload.ref, "rolling"), at_once, namespace=namespace)
    report, _ = assess_rollout(snapshot.world, watch)
    return report.phase == "done"
