"""What is usual: how long the phases of a workload's rollout took in earlier releases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from statistics import median

from deployctl.model.release import Release
from deployctl.model.service import WorkloadRef

LOOK_BACK = 5
"""Successful releases that count; older ones were made of another program."""


def phase_name(workload: WorkloadRef, phase: str) -> str:
    """Under which a record keeps a phase's duration: `deployment/backend gap`."""
    return f"{workload} {phase}"


def usual_times(history: tuple[Release, ...]) -> Mapping[str, float]:
    """The median of each recorded duration over the newest successful releases, by its name."""
    seen: dict[str, list[float]] = defaultdict(list)
    for release in (r for r in history if r.succeeded):
        for time in release.phases:
            if len(seen[time.name]) < LOOK_BACK:
                seen[time.name].append(time.seconds)
    return {name: median(times) for name, times in seen.items()}
