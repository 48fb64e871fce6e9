"""Snapshots recorded on a real cluster, as YAML under tests/data/rollouts, parsed as the adapter parses them."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from quick_yaml import documents

from deployctl.model.environment import Policies
from deployctl.model.plan import Transition, TransitionKind
from deployctl.model.pod import parse_event, parse_pod
from deployctl.model.rollout import RolloutReport, World
from deployctl.model.rules.assess import assess_rollout
from deployctl.model.rules.watch import Watch, start_watch
from deployctl.model.service import WORKLOAD_KINDS, WorkloadRef
from deployctl.model.workload import parse_revision, parse_workload

FOLDER = Path(__file__).parents[1] / "data" / "rollouts"
NOTHING = World(datetime(2026, 1, 1, tzinfo=UTC), (), (), (), ())

Objects = list[dict[str, Any]]


def objects(name: str) -> tuple[datetime, Objects]:
    """When a snapshot was taken, and its objects; lists that the caller may change."""
    seen: tuple[datetime, Objects] = pickle.loads(_pickled(name))
    return seen


@cache
def _pickled(name: str) -> bytes:
    """Read anew in a tenth of the time that its YAML takes."""
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    seen = next(line for line in text.splitlines() if line.startswith("# seen: "))
    return pickle.dumps((datetime.fromisoformat(seen.removeprefix("# seen: ")), documents(text)))


def world_of(now: datetime, found: Objects) -> World:
    """The objects as a snapshot."""

    def of(*kinds: str) -> Objects:
        return [o for o in found if o["kind"] in kinds]

    return World(
        now=now,
        workloads=tuple(parse_workload(o) for o in of(*WORKLOAD_KINDS)),
        revisions=tuple(parse_revision(o) for o in of("ReplicaSet")),
        pods=tuple(parse_pod(o) for o in of("Pod")),
        events=tuple(parse_event(o) for o in of("Event")),
    )


def recorded(name: str) -> World:
    """A snapshot as it was taken."""
    return world_of(*objects(name))


def after(world: World, seconds: float) -> World:
    """The same world, later: nothing has changed but the time."""
    return replace(world, now=world.now + timedelta(seconds=seconds))


def watching(
    world: World,
    *,
    before: World = NOTHING,
    kind: TransitionKind = "recreate",
    workload: WorkloadRef | None = None,
    policies: Policies | None = None,
) -> Watch:
    """A watch over the world's only workload (or the given one)."""
    ref = workload or world.workloads[0].ref
    return start_watch(before, Transition(ref, kind), policies or Policies(), namespace="shop")


def look(world: World, watch: Watch, *seconds: float) -> RolloutReport:
    """The report of the last of several looks at an unchanging world, at these times after it was recorded."""
    report = None
    for time in seconds or (0.0,):
        report, watch = assess_rollout(after(world, time), watch)
    assert report is not None
    return report
