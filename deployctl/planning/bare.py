"""An environment of which nothing runs yet: whatever speaks against a release there, one must know that first."""

from __future__ import annotations

from dataclasses import replace

from deployctl.model.change import Finding
from deployctl.model.snapshot import Snapshot

INCIDENT = "ENV001"


def said_of_bare(found: tuple[Finding, ...], snapshot: Snapshot) -> tuple[Finding, ...]:
    """The refusals; the first also says that the environment was never deployed, unless it has a page of its own."""
    world = snapshot.world
    if not found or found[0].incident or snapshot.history or world.workloads or world.pods:
        return found
    first, *others = found
    what = f"{first.what}; environment {snapshot.environment.name} was never deployed"
    return (replace(first, what=what, incident=INCIDENT), *others)
