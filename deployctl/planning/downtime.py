"""What the release will cost, from what earlier ones did."""

from __future__ import annotations

from statistics import median

from deployctl.model.plan import ServicePlan, Transition
from deployctl.model.release import Release
from deployctl.model.snapshot import Snapshot

LOOK_BACK = 5
"""Releases whose median counts: enough to even out one slow pull, few enough to follow a changed service."""


def expected_downtime(
    snapshot: Snapshot, services: tuple[ServicePlan, ...], moves: tuple[Transition, ...]
) -> float | None:
    """Seconds, the median of the last measured releases of these services; 0 when no `Recreate` happens."""
    if not any(move.kind == "recreate" for move in moves):
        return 0.0
    measured = [r.downtime for r in snapshot.history if r.downtime is not None and _is_like(r, services)]
    return median(measured[:LOOK_BACK]) if measured else None


def _is_like(release: Release, services: tuple[ServicePlan, ...]) -> bool:
    return release.succeeded and {i.service for i in release.images} >= {s.service.name for s in services}
