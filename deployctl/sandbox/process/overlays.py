"""Applying an overlay that the sandbox was asked to bring up."""

from __future__ import annotations

from deployctl.sandbox.overlay.kinds import definitions, unknown
from deployctl.sandbox.process.seed import apply_all
from deployctl.sandbox.process.world import World


def bring_up(world: World, number: int) -> list[str]:
    """Apply the overlay with what it needs; one line for each object that could not be applied."""
    extended, wanted = world.overlays[number], world.options.overlays[number]
    cluster = world.cluster
    missing = unknown(cluster, extended.objects) if wanted.create_kinds else []
    problems = apply_all(cluster, definitions(missing))
    return problems + apply_all(cluster, [*extended.made, *extended.objects])
