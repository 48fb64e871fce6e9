"""Which kinds are served right now: the built-in ones and those that CustomResourceDefinitions made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from deployctl.sandbox.api.definitions import Definition
from deployctl.sandbox.api.errors import Resource
from deployctl.sandbox.api.rules import Kind

SHARED_STORAGE = {"events.events.k8s.io": "events"}
"""Resources that are views of another one's objects."""


def storage_of(kind: Kind) -> str:
    """Where objects of a kind are stored; all versions of a resource share one place."""
    return SHARED_STORAGE.get(kind.resource, kind.resource)


def resource_of(kind: Kind) -> Resource:
    return Resource(kind.group, kind.plural, kind.kind)


def priority(version: str) -> tuple[int, int, int]:
    """Sorts versions as Kubernetes prefers them: v2, v1, v1beta2, v1beta1, v1alpha1."""
    match = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    if not match:
        return (3, 0, 0)
    stage = {None: 0, "beta": 1, "alpha": 2}[match[2]]
    return (stage, -int(match[1]), -int(match[3] or 0))


class Kinds:
    """A mutable catalogue. `stored` is the version that objects are kept in."""

    def __init__(self, builtin: Iterable[Kind]) -> None:
        self._kinds: dict[tuple[str, str, str], Kind] = {}
        self._stored: dict[str, Kind] = {}
        self._definitions: dict[Kind, Definition] = {}
        self.revision = 0
        """Rises with every change, for caches of what is served."""
        for kind in sorted(builtin, key=lambda k: priority(k.version)):
            self.add(kind, stored=kind.resource not in self._stored)

    def add(self, kind: Kind, *, stored: bool) -> None:
        self._kinds[kind.group, kind.version, kind.plural] = kind
        if stored:
            self._stored[kind.resource] = kind
        self.revision += 1

    def has_group(self, group: str) -> bool:
        return any(kind.group == group for kind in self._kinds.values())

    def define(self, resource: str, defined: Sequence[Definition]) -> None:
        """Serve what a CustomResourceDefinition defines, in the place of what it defined before."""
        if _same(self._defined(resource), defined):
            return
        self.undefine(resource)
        for definition in defined:
            self._definitions[definition.kind] = definition
            self.add(definition.kind, stored=definition.stored)
        if defined and resource not in self._stored:
            self._stored[resource] = defined[0].kind

    def undefine(self, resource: str) -> None:
        for definition in self._defined(resource):
            del self._definitions[definition.kind]
        for key in [key for key, kind in self._kinds.items() if kind.resource == resource]:
            del self._kinds[key]
        self._stored.pop(resource, None)
        self.revision += 1

    def definition(self, kind: Kind) -> Definition | None:
        """What a custom kind has beyond its schema."""
        return self._definitions.get(kind)

    def _defined(self, resource: str) -> list[Definition]:
        return [d for d in self._definitions.values() if d.kind.resource == resource]

    def __iter__(self) -> Iterator[Kind]:
        return iter(tuple(self._kinds.values()))

    def find(self, group: str, version: str, plural: str) -> Kind | None:
        return self._kinds.get((group, version, plural))

    def stored(self, resource: str) -> Kind | None:
        """The stored version of a resource in kubectl's spelling."""
        return self._stored.get(resource)

    def of(self, api_version: str, kind_name: str) -> Kind | None:
        """By what an object says of itself."""
        return next((k for k in self._kinds.values() if (k.api_version, k.kind) == (api_version, kind_name)), None)


def _same(before: Sequence[Definition], after: Sequence[Definition]) -> bool:
    """Kinds compare without their schemas, so those are compared here."""
    return list(before) == list(after) and [d.kind.schema for d in before] == [d.kind.schema for d in after]
