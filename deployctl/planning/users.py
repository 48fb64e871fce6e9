"""Who uses an image: a release concerns every workload that runs it, CronJobs included, named or not."""

from __future__ import annotations

from collections.abc import Mapping

from deployctl.model.image import Image, parse_image
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.service import WORKLOAD_KINDS, Service, WorkloadRef
from deployctl.model.workload import container_specs, pod_template


def images_of(manifest: Manifest) -> tuple[str, ...]:
    """The image references of a workload's containers, init containers first; empty for other objects."""
    return tuple(c.image for c in container_specs(pod_template(manifest.body)))


def same_repository(reference: str, image: Image) -> bool:
    """Whether a reference names the image's repository, whatever its tag."""
    try:
        return parse_image(reference).name == image.name
    except ValueError:
        return False


def image_users(manifests: tuple[Manifest, ...], image: Image) -> tuple[WorkloadRef, ...]:
    """The workloads of these objects that run the image's repository, in their order."""
    return tuple(
        WorkloadRef(m.ref.kind, m.ref.name)
        for m in manifests
        if m.ref.kind in WORKLOAD_KINDS and any(same_repository(r, image) for r in images_of(m))
    )


def live_reference(live: Mapping[ObjectRef, Manifest], service: Service, image: Image) -> str:
    """The reference that the service's first live workload names now; empty when nothing of it is live.

    The repository may have moved between versions, so a container of another repository counts
    when it is the only one.
    """
    for workload in service.workloads:
        found = [m for ref, m in live.items() if (ref.kind, ref.name) == (workload.kind, workload.name)]
        references = images_of(found[0]) if found else ()
        same = [r for r in references if same_repository(r, image)]
        if same or len(references) == 1:
            return (same or references)[0]
    return ""
