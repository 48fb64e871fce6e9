"""A scenario with overlays in it: registries for their images, and objects to apply."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.overlay.furnish import missing_objects
from deployctl.sandbox.overlay.guess import image_entry, services_of
from deployctl.sandbox.overlay.needs import needs_of
from deployctl.sandbox.overlay.values import values_of
from deployctl.sandbox.registry.reference import Reference, parse_reference
from deployctl.sandbox.scenario.model import AccountSpec, ImageEntry, RegistrySpec, Scenario

AZURE = ".azurecr.io"
SUFFIX = re.compile(r"-[a-z0-9]{12,18}$")
"""What Azure appends to a login server's name."""
ACCOUNTS = (
    AccountSpec("sandbox", "sandbox-admin-password"),
    AccountSpec("puller", "sandbox-pull-password", ("pull",)),
)


@dataclass(frozen=True)
class Extended:
    """`made` are objects that the overlay needs, `objects` its own; `images` are to be on the nodes already."""

    scenario: Scenario
    made: list[Object]
    objects: list[Object]
    images: tuple[str, ...]
    notes: tuple[str, ...]


def extend(scenario: Scenario, objects: list[Object]) -> Extended:
    """Pure: the scenario with everything that the objects' images need."""
    needs = needs_of(objects)
    services = services_of(objects)
    values = values_of(objects, services)
    notes, present = [], []
    for text, users in sorted(needs.images.items()):
        reference = parse_reference(text)
        if reference is None:
            notes.append(f"image {text}: not a valid reference")
        elif (why := _unreachable(scenario, reference)) is not None:
            notes.append(f"image {text}: {reference.host} cannot be reached from the nodes here ({why})")
        elif reference.digest:
            notes.append(f"image {text}: an image with a given digest cannot be made up; push it to the registry")
        else:
            environment = [value for where, used in users for _, value in values.environment(where, used)]
            entry = image_entry(reference, [container for _, container in users], environment, services)
            scenario = _with_image(scenario, reference, entry)
            present.append(text)
    made = missing_objects(objects, needs, scenario.registries)
    return Extended(scenario, made, objects, tuple(present), tuple(notes))


def _unreachable(scenario: Scenario, reference: Reference) -> str | None:
    return next((why for host, why in scenario.unreachable.items() if fnmatchcase(reference.host, host)), None)


def _with_image(scenario: Scenario, reference: Reference, image: ImageEntry) -> Scenario:
    """The image in the registry that the reference names, which is made when it is new."""
    known = next((r for r in scenario.registries if reference.host in {r.host, *r.aliases}), None)
    if known is None:
        return replace(scenario, registries=(*scenario.registries, _registry(reference.host, (image,))))
    if any((i.repository, i.tag) == (image.repository, image.tag) for i in known.images):
        return scenario
    grown = replace(known, images=(*known.images, image))
    return replace(scenario, registries=tuple(grown if r is known else r for r in scenario.registries))


def _registry(host: str, images: Iterable[ImageEntry]) -> RegistrySpec:
    name = SUFFIX.sub("", host.removesuffix(AZURE)) if host.endswith(AZURE) else ""
    public = host == "docker.io"
    return RegistrySpec(host, name, anonymous_pull=public, accounts=ACCOUNTS, images=tuple(images))
