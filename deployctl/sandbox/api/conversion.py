"""Versions and views: an object as it is stored, and as another group version of the same resource shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object


@dataclass(frozen=True)
class Converter:
    """How one served version differs from the stored one, beyond its name."""

    to_served: Callable[[Object], Object]
    to_stored: Callable[[Object], Object]


_CONVERTERS: dict[tuple[str, str], Converter] = {}
"""By resource and version. All others differ in apiVersion only."""


def reshapes(kind: Kind) -> bool:
    """Whether a kind is served in another shape than it is stored in."""
    return (kind.resource, kind.version) in _CONVERTERS


def to_served(kind: Kind, stored: Object) -> Object:
    """As the version of `kind` shows it."""
    if stored.get("apiVersion") == kind.api_version:
        return stored
    converter = _CONVERTERS.get((kind.resource, kind.version))
    shaped = converter.to_served(stored) if converter else stored
    return {**shaped, "apiVersion": kind.api_version, "kind": kind.kind}


def to_stored(kind: Kind, stored_as: Kind, obj: Object) -> Object:
    """From the version of `kind` to the stored one."""
    if kind.api_version == stored_as.api_version:
        return obj
    converter = _CONVERTERS.get((kind.resource, kind.version))
    shaped = converter.to_stored(obj) if converter else obj
    return {**shaped, "apiVersion": stored_as.api_version, "kind": stored_as.kind}
