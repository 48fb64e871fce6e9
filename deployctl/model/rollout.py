"""Where a rollout stands: nouns that the rule `assess_rollout` returns for one consistent snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.node import Node
from deployctl.model.pod import Event, Pod
from deployctl.model.service import WorkloadRef
from deployctl.model.workload import Revision, Workload

Phase = Literal["pending", "teardown", "gap", "startup", "settling", "done", "failed"]
"""pending: the controller has not seen it yet. teardown: old pods go. gap: no container of the new pods runs yet
(scheduling, pulling). startup: containers run, not all Ready. settling: Ready without a probe, restarts are
watched. done, failed: final."""


@dataclass(frozen=True)
class World:
    """One consistent snapshot of the namespace, the same number of requests whatever the number of workloads."""

    now: datetime
    """By the API server's clock where it is known (the Date header), so that ages are right on a skewed laptop."""
    workloads: tuple[Workload, ...]
    revisions: tuple[Revision, ...]
    pods: tuple[Pod, ...]
    events: tuple[Event, ...]
    nodes: tuple[Node, ...] = ()
    """Empty where nodes may not be read (they are cluster-scoped): then nothing is said of them."""


@dataclass(frozen=True)
class RolloutReport:
    """One workload's rollout in one snapshot."""

    workload: WorkloadRef
    phase: Phase
    summary: str
    """What is waited for, in one line: `pod backend-7d4b… on node2 pulls its image`."""
    ready: int
    wanted: int
    old: int
    """Pods of former revisions that still exist, terminating ones included."""
    diagnoses: tuple[Diagnosis, ...] = ()
    remaining: float | None = None
    """Seconds left of this phase's deadline; None when the phase has none."""
    lasted: float = 0.0
    """Seconds since this phase was entered."""
    usual: float | None = None
    """Seconds that it took in earlier releases; None where none was recorded."""
