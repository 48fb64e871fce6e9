"""Whose dependents are whose: adopting orphans that match, releasing what matches no more."""

from __future__ import annotations

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import (
    controller_reference,
    is_deleting,
    labels_of,
    namespace_of,
    uid_of,
    with_metadata,
)
from deployctl.sandbox.controllers.kit.selectors import matches_labels
from deployctl.sandbox.controllers.kit.world import World


def claimed(world: World, resource: str, owner: Object, manager: str) -> list[Object]:
    """The dependents of `owner` by its spec.selector, after adopting and releasing; by name."""
    selector, namespace = owner["spec"].get("selector"), namespace_of(owner)
    kept = []
    for obj in world.owned(resource, uid_of(owner)):
        if matches_labels(selector, labels_of(obj)):
            kept.append(obj)
        elif not is_deleting(obj):
            _release(world, resource, obj, owner, manager)
    if is_deleting(owner):
        return kept
    reference = controller_reference(owner)
    for obj in world.owned(resource, ""):
        adoptable = namespace_of(obj) == namespace and not is_deleting(obj)
        if adoptable and matches_labels(selector, labels_of(obj)):
            references = [*(obj["metadata"].get("ownerReferences") or ()), reference]
            kept.append(world.update(resource, with_metadata(obj, ownerReferences=references), manager))
    return kept


def _release(world: World, resource: str, obj: Object, owner: Object, manager: str) -> None:
    references = [r for r in obj["metadata"].get("ownerReferences") or () if r["uid"] != uid_of(owner)]
    world.update(resource, with_metadata(obj, ownerReferences=references), manager)
