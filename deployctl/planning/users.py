"""What a service's live workload names now."""

from __future__ import annotations

from collections.abc import Mapping

from deployctl.model.image import Image
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.rules.images import images_of, same_repository
from deployctl.model.service import Service


def live_reference(live: Mapping[ObjectRef, Manifest], service: Service, image: Image) -> str:
    """The image reference of the service's first live workload; empty when nothing of it is live."""
    for workload in service.workloads:
        found = [m for ref, m in live.items() if (ref.kind, ref.name) == (workload.kind, workload.name)]
        if found and (reference := own_reference(images_of(found[0].body), image)):
            return reference
    return ""


def own_reference(references: tuple[str, ...], image: Image) -> str:
    """Which of a workload's references is the service's: the one of its repository; as the repository may have moved
    between versions, an only container's counts too. Empty when it cannot be told."""
    same = [r for r in references if same_repository(r, image.name)]
    return (same or (references if len(references) == 1 else ("",)))[0]
