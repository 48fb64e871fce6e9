"""`RollingUpdate`: up within maxSurge, down within maxUnavailable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.deployment.family import (
    Family,
    active,
    by_age,
    max_surge,
    max_unavailable,
    status_of,
    total,
    total_wanted,
    wanted,
)
from deployctl.sandbox.controllers.deployment.status import is_complete

if TYPE_CHECKING:
    from deployctl.sandbox.controllers.deployment.controller import DeploymentController


def step(controller: DeploymentController, family: Family) -> None:
    """One movement: the new set up, or else old ones down."""
    if family.new is None:
        controller.create_new(family)
    new = family.new
    if new is None:
        return
    if not (_grow(controller, family, new) or _shrink(controller, family)) and is_complete(
        family.deployment, family.deployment.get("status") or {}
    ):
        controller.clean_up(family)
    controller.write_status(family)


def initial_replicas(family: Family) -> int:
    """How many pods a new set may start with."""
    return grown(family, 0)


def grown(family: Family, now: int) -> int:
    """The new set's size from `now`, as far as the surge allows."""
    room = family.replicas + max_surge(family.deployment) - total_wanted(family.all)
    return now if room <= 0 else now + min(room, family.replicas - now)


def _grow(controller: DeploymentController, family: Family, new: Object) -> bool:
    size = wanted(new)
    if size == family.replicas:
        return False
    to = family.replicas if size > family.replicas else grown(family, size)
    return controller.scale(family, new, to)


def _shrink(controller: DeploymentController, family: Family) -> bool:
    """Unhealthy old pods first, then as many as stay available beyond the minimum."""
    if family.new is None or total_wanted(family.old) == 0:
        return False
    minimum = family.replicas - max_unavailable(family.deployment)
    not_available = wanted(family.new) - status_of(family.new, "availableReplicas")
    allowed = total_wanted(family.all) - minimum - not_available
    if allowed <= 0:
        return False
    removed = _drop_unhealthy(controller, family, allowed)
    return removed + _drop_available(controller, family, minimum) > 0


def _drop_unhealthy(controller: DeploymentController, family: Family, allowed: int) -> int:
    removed = 0
    for old in by_age(active(family.old)):
        unhealthy = wanted(old) - status_of(old, "availableReplicas")
        count = min(allowed - removed, unhealthy)
        if count > 0:
            controller.scale(family, old, wanted(old) - count)
            removed += count
    return removed


def _drop_available(controller: DeploymentController, family: Family, minimum: int) -> int:
    allowed = total(family.all, "availableReplicas") - minimum
    removed = 0
    for old in by_age(active(family.old)):
        count = min(wanted(old), allowed - removed)
        if count > 0:
            controller.scale(family, old, wanted(old) - count)
            removed += count
    return removed
