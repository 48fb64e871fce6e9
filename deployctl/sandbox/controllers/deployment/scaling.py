"""A changed number of replicas, or a pause: sizes move in proportion, no rollout step is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.deployment.family import (
    MAX_REPLICAS,
    Family,
    active,
    find_active_or_latest,
    is_rolling,
    max_surge,
    status_of,
    total_wanted,
    wanted,
)
from deployctl.sandbox.controllers.kit.meta import annotations_of, created_at, name_of

if TYPE_CHECKING:
    from deployctl.sandbox.controllers.deployment.controller import DeploymentController


def step(controller: DeploymentController, family: Family) -> None:
    _resize(controller, family)
    if family.deployment["spec"].get("paused"):
        controller.clean_up(family)
    controller.write_status(family, scaled_only=True)


def _resize(controller: DeploymentController, family: Family) -> None:
    only = find_active_or_latest(family)
    if only is not None:
        controller.scale(family, only, family.replicas)
    elif _is_saturated(family):
        for old in active(family.old):
            controller.scale(family, old, 0)
    elif is_rolling(family.deployment):
        for replica_set, size in proportional_sizes(family):
            controller.scale(family, replica_set, size, force=True)


def _is_saturated(family: Family) -> bool:
    new = family.new
    if new is None or annotations_of(new).get("deployment.kubernetes.io/desired-replicas") != str(family.replicas):
        return False
    return wanted(new) == family.replicas and status_of(new, "availableReplicas") == family.replicas


def proportional_sizes(family: Family) -> list[tuple[Object, int]]:
    """Every active set with the size that is its share; what rounding leaves goes to the largest."""
    deployment, sets = family.deployment, active(family.all)
    allowed = family.replicas + max_surge(deployment) if family.replicas else 0
    to_add = allowed - total_wanted(sets)
    newest_first = sorted(sets, key=lambda s: (created_at(s), name_of(s)), reverse=to_add >= 0)
    ordered = sorted(newest_first, key=wanted, reverse=True)
    sizes: list[tuple[Object, int]] = []
    added = 0
    for replica_set in ordered:
        share = _share(replica_set, family, to_add, added)
        sizes.append((replica_set, wanted(replica_set) + share))
        added += share
    if sizes and to_add:
        first, size = sizes[0]
        sizes[0] = first, max(0, size + to_add - added)
    return sizes


def _share(replica_set: Object, family: Family, to_add: int, added: int) -> int:
    if to_add in (0, added):
        return 0
    fraction, left = _fraction(replica_set, family), to_add - added
    return min(fraction, left) if to_add > 0 else max(fraction, left)


def _fraction(replica_set: Object, family: Family) -> int:
    size = wanted(replica_set)
    if family.replicas == 0:
        return -size
    text = annotations_of(replica_set).get(MAX_REPLICAS, "")
    before = int(text) if text.isdigit() and int(text) else status_of(family.deployment, "replicas")
    if before == 0:
        return 0
    most = family.replicas + max_surge(family.deployment)
    return int(size * most / before + 0.5) - size
