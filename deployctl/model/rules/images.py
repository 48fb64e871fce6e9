"""Which objects run an image, and whether an `images:` entry of the overlay reaches any of them."""

from __future__ import annotations

from deployctl.model.image import Image, parse_image
from deployctl.model.json import Json
from deployctl.model.manifest import Manifest
from deployctl.model.service import WORKLOAD_KINDS, WorkloadRef
from deployctl.model.workload import container_specs, pod_template


def images_of(body: Json) -> tuple[str, ...]:
    """The image references of a workload's containers, init containers first; empty for other objects."""
    return tuple(container.image for container in container_specs(pod_template(body)))


def same_repository(reference: str, name: str) -> bool:
    """Whether a reference lies in the repository `name` (host/path), whatever its tag or digest."""
    try:
        return parse_image(reference).name == parse_image(name).name
    except ValueError:
        return False


def names_image(reference: str, image: Image) -> bool:
    """Whether a reference names this very image: by its digest where the reference pins one (an overlay's entry may),
    else by its tag."""
    try:
        found = parse_image(reference)
    except ValueError:
        return False
    same = found.digest == image.digest if found.digest else found.tag == image.tag
    return found.name == image.name and same


def image_users(manifests: tuple[Manifest, ...], image_name: str) -> tuple[WorkloadRef, ...]:
    """The workloads of these objects that run an image of the repository, in their order."""
    return tuple(
        WorkloadRef(m.ref.kind, m.ref.name)
        for m in manifests
        if m.ref.kind in WORKLOAD_KINDS and any(same_repository(r, image_name) for r in images_of(m.body))
    )


def matches_nothing(before: tuple[Manifest, ...], after: tuple[Manifest, ...]) -> bool:
    """Whether an `images:` entry reaches no container: the overlay rendered with two different texts of the entry
    (say, its tag as it is and as it will be) names the same images."""
    return _named(before) == _named(after)


def _named(manifests: tuple[Manifest, ...]) -> dict[str, tuple[str, ...]]:
    return {str(m.ref): images_of(m.body) for m in manifests}
