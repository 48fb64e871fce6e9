"""What objects name in other objects, and what there is to be named. Keys only; no value of a Secret is ever here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from deployctl.model.json import Json, mapping
from deployctl.model.manifest import Manifest, ObjectRef


@dataclass(frozen=True)
class Reference:
    """One object, or one key of it, that another object cannot do without."""

    by: ObjectRef
    """Who names it."""
    kind: str
    name: str
    key: str = ""
    """Of a Secret or ConfigMap; empty: the object as a whole."""
    where: str = ""
    """The path of the field that names it."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f", key {self.key}" if self.key else "")


@dataclass(frozen=True)
class Inventory:
    """What there is in a namespace (and cluster-wide): names, and the keys of Secrets and ConfigMaps."""

    keys: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """(kind, name) -> its keys; empty for kinds without."""
    unreadable: frozenset[str] = frozenset()
    """Kinds that we may not read: nothing can be said of them."""

    def has(self, kind: str, name: str) -> bool:
        return (kind, name) in self.keys

    def has_key(self, kind: str, name: str, key: str) -> bool:
        return key in self.keys.get((kind, name), frozenset())

    def with_all(self, other: Inventory) -> Inventory:
        """Both together; keys of an object that is in both are united, as a server-side apply leaves them."""
        both = {name: self.keys.get(name, frozenset()) | other.keys.get(name, frozenset()) for name in self.keys}
        return Inventory({**other.keys, **both}, self.unreadable | other.unreadable)


def keys_of(body: Json) -> frozenset[str]:
    """The keys of a Secret or ConfigMap."""
    return frozenset(key for part in ("data", "stringData", "binaryData") for key in mapping(body, part))


def inventory(manifests: Iterable[Manifest], unreadable: Iterable[str] = ()) -> Inventory:
    """The names and keys of these objects."""
    return Inventory({(m.ref.kind, m.ref.name): keys_of(m.body) for m in manifests}, frozenset(unreadable))
