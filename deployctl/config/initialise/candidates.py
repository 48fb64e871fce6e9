"""Which services a tree has: images that its overlays run and that it builds. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from deployctl.config.initialise.facts import DockerfileFacts, OverlayFacts, TreeFacts
from deployctl.config.initialise.rendered import Running, last_part, running, split_image, users
from deployctl.model.service import WorkloadRef

_SAYING_NOTHING = ("", "docker", "build", ".docker", "app", "src")


@dataclass(frozen=True)
class Placed:
    """A service in one overlay."""

    overlay: OverlayFacts
    running: tuple[Running, ...]
    """Who runs its image."""
    image: str
    """As it is rendered."""
    entry: bool
    """Whether the overlay's `images:` has its entry."""
    matches: bool
    """Whether that entry is what gives the image: otherwise a bump would change nothing."""


@dataclass(frozen=True)
class Candidate:
    """A service as far as the tree tells."""

    name: str
    image: str
    """The `name:` of its entry."""
    places: tuple[Placed, ...]
    dockerfile: DockerfileFacts | None = None

    @property
    def workloads(self) -> tuple[WorkloadRef, ...]:
        """Those that run it wherever it runs at all; others that use its image are found by a release itself."""
        everywhere = [tuple(r.ref for r in place.running) for place in self.places if place.running]
        first = everywhere[0] if everywhere else ()
        return tuple(ref for ref in first if all(ref in refs for refs in everywhere))


def candidates(facts: TreeFacts) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """The services, and the images that were left out because nothing here builds them."""
    found = tuple(_named(facts, image) for image in dict.fromkeys(_image_names(facts)))
    built = tuple(c for c in found if c.dockerfile is not None) or _only(found, facts.dockerfiles)
    if not facts.dockerfiles:
        built = tuple(c for c in found if _is_private(c))
    return _with_distinct_names(built), tuple(c.image for c in found if c not in built)


def _image_names(facts: TreeFacts) -> Iterator[str]:
    """Entries that the overlays have; and images that they run and no entry speaks of."""
    for overlay in facts.overlays:
        yield from (entry.name for entry in overlay.entries if entry.name)
    known = {last_part(entry.name) for overlay in facts.overlays for entry in overlay.entries}
    for overlay in facts.overlays:
        for image in (image for r in running(overlay) for image in r.images):
            name = split_image(image)[0]
            if last_part(name) not in known and name not in {e.target for e in overlay.entries}:
                yield name


def _named(facts: TreeFacts, image: str) -> Candidate:
    name = service_name(image)
    places = tuple(place for overlay in facts.overlays if (place := _place(overlay, image)) is not None)
    return Candidate(name, image, places, _dockerfile(name, facts.dockerfiles))


def _place(overlay: OverlayFacts, image: str) -> Placed | None:
    entry = next((e for e in overlay.entries if e.name == image), None)
    found = users(overlay, entry.target) if entry else ()
    matches = bool(found)
    if not found:
        found = tuple(r for r in running(overlay) if any(_same(i, image) for i in r.images))
    if not found and entry is None:
        return None
    name = entry.target if matches and entry else ""
    given = next((i for r in found for i in r.images if split_image(i)[0] == name or _same(i, image)), "")
    if overlay.failure and entry:
        given, matches = f"{entry.target}:{entry.new_tag}" if entry.new_tag else entry.target, True
    return Placed(overlay, found, given, entry is not None, matches)


def _same(reference: str, image: str) -> bool:
    return last_part(split_image(reference)[0]) == last_part(image)


def service_name(image: str) -> str:
    """The last part of an image's name as a DNS label."""
    return re.sub(r"[^a-z0-9]+", "-", last_part(image).lower()).strip("-")[:63] or "service"


def _dockerfile(service: str, dockerfiles: tuple[DockerfileFacts, ...]) -> DockerfileFacts | None:
    """The one that most likely makes the service; ties go to the shortest path."""
    scored = sorted(dockerfiles, key=lambda d: (-_likeness(service, d), len(d.path), d.path))
    return scored[0] if scored and _likeness(service, scored[0]) > 0 else None


def _likeness(service: str, dockerfile: DockerfileFacts) -> int:
    folders = [part.lower() for part in dockerfile.folder.split("/")]
    name = dockerfile.name.lower()
    if name in (f"dockerfile.{service}", f"{service}.dockerfile", f"dockerfile-{service}"):
        return 4
    if name != "dockerfile":
        return 0
    if folders[-1] == service:
        return 3
    if service in folders:
        return 2
    return 1 if set(service.split("-")) & set(re.split(r"[-_.]", folders[-1])) - {""} else 0


def _only(found: tuple[Candidate, ...], dockerfiles: tuple[DockerfileFacts, ...]) -> tuple[Candidate, ...]:
    """With one Dockerfile whose folder says nothing: the only image, or the only one in a registry of one's own."""
    likely = found if len(found) == 1 else tuple(c for c in found if _is_private(c))
    alone = len(likely) == 1 and len(dockerfiles) == 1 and dockerfiles[0].folder in _SAYING_NOTHING
    return (replace(likely[0], dockerfile=dockerfiles[0]),) if alone else ()


def _is_private(candidate: Candidate) -> bool:
    """Whether the image lies in a registry of one's own, which is all that can be said without a Dockerfile."""
    return any("." in place.image.partition("/")[0] and place.entry and place.matches for place in candidate.places)


def _with_distinct_names(found: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    names = [c.name for c in found]
    return tuple(c if names.count(c.name) == 1 else replace(c, name=_long_name(c.image)) for c in found)


def _long_name(image: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", image.lower()).strip("-")[-63:].strip("-")
