"""The shape of a kind: fields, how lists and maps merge, what a zero value does. From OpenAPI data only.

An `Atom` may allow several shapes at once (an untyped value may be a scalar, a list or a map), as the real
server's typed schema does. Built-in types are looked up by name, so that recursive ones need no special care.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Literal

from deployctl.sandbox.schema import table
from deployctl.sandbox.schema.kinds import Kind

QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_RAW_EXTENSION = "io.k8s.apimachinery.pkg.runtime.RawExtension"
_ABSENT = object()

Scalar = Literal["string", "numeric", "boolean", "untyped"]


@dataclass(frozen=True, eq=False)
class Field:
    """One property of a struct: its type, and what OpenAPI says of the property rather than of the type."""

    type: Atom | str
    required: bool = False
    has_default: bool = False
    default: Any = None
    merge_key: str = ""
    strategies: frozenset[str] = frozenset()
    """Of strategic merge patch: `merge`, `replace`, `retainKeys`."""
    zero: Literal["", "omit", "write"] = ""
    """What becomes of a zero value: `omit` drops it, `write` always writes one; else it stays when somebody set it."""
    embedded_in: str = ""
    """The Go struct that the field is promoted from; shows in decoding errors only."""

    @property
    def atom(self) -> Atom:
        return resolve(self.type)


@dataclass(frozen=True, eq=False)
class ListShape:
    items: Atom | str
    kind: Literal["atomic", "set", "map"] = "atomic"
    keys: tuple[str, ...] = ()

    @property
    def item(self) -> Atom:
        return resolve(self.items)


@dataclass(frozen=True, eq=False)
class MapShape:
    fields: Mapping[str, Field] = field(default_factory=dict)
    values: Atom | str | None = None
    """The type of undeclared keys; None forbids them."""
    atomic: bool = False

    def child(self, key: str) -> Atom | None:
        """The type under `key`; None when it is not declared and may not be there."""
        declared = self.fields.get(key)
        if declared is not None:
            return declared.atom
        return None if self.values is None else resolve(self.values)


@dataclass(frozen=True, eq=False)
class Atom:
    """What a value may be. `name` is the OpenAPI name of a named type, or empty."""

    name: str = ""
    scalar: Scalar | None = None
    list: ListShape | None = None
    map: MapShape | None = None
    format: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The schema it came from."""


_UNTYPED = "__untyped_atomic_"
_DEDUCED = "__untyped_deduced_"
_COMMON = {
    _UNTYPED: Atom(_UNTYPED, "untyped", ListShape(_UNTYPED), MapShape(values=_UNTYPED, atomic=True)),
    _DEDUCED: Atom(_DEDUCED, "untyped", ListShape(_UNTYPED), MapShape(values=_DEDUCED)),
}


def resolve(type: Atom | str) -> Atom:
    """The atom of a type reference. Raises KeyError for a name that is in no table."""
    return type if isinstance(type, Atom) else named(type)


@cache
def named(name: str) -> Atom:
    """A built-in type by its OpenAPI name. Raises KeyError."""
    if name in _COMMON:
        return _COMMON[name]
    if name == QUANTITY:
        return Atom(QUANTITY, "untyped", format="quantity")
    if name == INT_OR_STRING:
        return _int_or_string(INT_OR_STRING, table.schemas()[name])
    if name == _RAW_EXTENSION:
        return _COMMON[_UNTYPED]
    return build(table.schemas()[name], name)


def build(schema: Mapping[str, Any], name: str = "", *, preserve: bool = False) -> Atom:
    """An atom from an OpenAPI v3 schema: a built-in one or a custom resource's `openAPIV3Schema`.

    `preserve` keeps unknown fields, as `x-kubernetes-preserve-unknown-fields` does for everything below it.
    """
    preserve = preserve or schema.get("x-kubernetes-preserve-unknown-fields") is True
    declared, form = schema.get("type", ""), schema.get("format", "")
    if schema.get("x-kubernetes-int-or-string"):
        return _int_or_string(name, schema)
    if declared == "object":
        return Atom(name, map=_map(schema, preserve), raw=schema)
    if declared == "array":
        return Atom(name, list=_list(schema, preserve), raw=schema)
    if declared:
        return Atom(name, _scalar(declared, form), format=form or declared, raw=schema)
    return Atom(name, "untyped", _list(schema, preserve), _map(schema, preserve), form, raw=schema)


def _int_or_string(name: str, schema: Mapping[str, Any]) -> Atom:
    """To field management it is a value of any shape; only decoding or validation finds that it must be a scalar."""
    return Atom(name, "untyped", ListShape(_UNTYPED), MapShape(values=_DEDUCED), "int-or-string", schema)


def _scalar(type: str, format: str) -> Scalar:
    if type in ("integer", "number"):
        return "numeric"
    if type == "string":
        return "string" if format in ("", "byte") else "untyped"
    return "boolean" if type == "boolean" else "untyped"


def _reference(schema: Mapping[str, Any], preserve: bool) -> Atom | str:
    """A `$ref`, also the only member of an allOf (how defaults are put beside one), or an inline schema."""
    parts = schema.get("allOf", ())
    pointer = schema.get("$ref") or (parts[0].get("$ref") if len(parts) == 1 else None)
    if not pointer:
        return build(schema, preserve=preserve)
    name = str(pointer).rpartition("/")[2]
    override = schema.get("x-kubernetes-map-type")
    return _with_map_type(name, override == "atomic") if override else name


def _with_map_type(name: str, atomic: bool) -> Atom:
    atom = named(name)
    if atom.map is None:
        return atom
    return Atom(name, atom.scalar, atom.list, MapShape(atom.map.fields, atom.map.values, atomic), atom.format, atom.raw)


def _map(schema: Mapping[str, Any], preserve: bool) -> MapShape:
    required = frozenset(schema.get("required", ()))
    properties = schema.get("properties", {})
    fields = {name: _field(s, name in required, preserve) for name, s in properties.items()}
    if schema.get("x-kubernetes-embedded-resource"):
        fields = {**_embedded(), **fields}
    extra = schema.get("additionalProperties", _ABSENT)
    values: Atom | str | None
    if isinstance(extra, Mapping):
        values = _reference(extra, preserve)
    elif extra is _ABSENT:
        values = _DEDUCED if preserve or not properties else None
    else:
        values = _DEDUCED if extra else None
    return MapShape(fields, values, schema.get("x-kubernetes-map-type") == "atomic")


def _embedded() -> dict[str, Field]:
    text = Atom(scalar="string", format="string")
    return {"apiVersion": Field(text), "kind": Field(text), "metadata": Field(OBJECT_META)}


def _field(schema: Mapping[str, Any], required: bool, preserve: bool) -> Field:
    strategies = frozenset(s for s in schema.get("x-kubernetes-patch-strategy", "").split(",") if s)
    return Field(
        _reference(schema, preserve),
        required,
        "default" in schema,
        schema.get("default"),
        schema.get("x-kubernetes-patch-merge-key", ""),
        strategies,
        schema.get("x-go-zero", ""),
        schema.get("x-go-in", ""),
    )


def _list(schema: Mapping[str, Any], preserve: bool) -> ListShape:
    items = schema.get("items")
    item = _UNTYPED if items is None else _reference(items, preserve)
    relation = schema.get("x-kubernetes-list-type")
    if relation == "map":
        return ListShape(item, "map", tuple(schema.get("x-kubernetes-list-map-keys", ())))
    if relation in ("set", "atomic"):
        return ListShape(item, relation)
    if "merge" in schema.get("x-kubernetes-patch-strategy", "").split(","):
        key = schema.get("x-kubernetes-patch-merge-key")
        return ListShape(item, "map", (key,)) if key else ListShape(item, "set")
    return ListShape(item)


@cache
def _names_by_kind() -> dict[tuple[str, str, str], str]:
    return {
        (gvk["group"], gvk["version"], gvk["kind"]): name
        for name, schema in table.schemas().items()
        for gvk in schema.get("x-kubernetes-group-version-kind", ())
    }


def type_of(kind: Kind) -> Atom:
    """The type of a kind's objects. Raises KeyError for a built-in kind without a schema."""
    if kind.schema is not None:
        return _custom(_Held(kind.schema))
    return named(type_name(kind))


def type_name(kind: Kind) -> str:
    """The OpenAPI name of a built-in kind's type: `io.k8s.api.apps.v1.Deployment`. Raises KeyError."""
    return _names_by_kind()[kind.group, kind.version, kind.kind]


class _Held:
    """Keeps a schema alive and out of the cache key: mappings cannot be hashed, and identity is enough."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.schema is self.schema


@lru_cache(maxsize=256)
def _custom(held: _Held) -> Atom:
    schema = held.schema
    own = build(schema)
    shape = own.map or MapShape(values=_DEDUCED)
    fields = {**shape.fields, **_embedded()}
    return Atom("", map=MapShape(fields, shape.values, shape.atomic), raw=schema)
