"""Objects as the real server's decoder leaves them: known fields only, zero values dropped, numbers and times checked.

What a type does with a zero value is data: a struct that is no pointer is always written, a scalar or list without
`omitempty` too, everything else goes when it is empty.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema import go_types, scalars
from deployctl.sandbox.schema.kinds import Kind
from deployctl.sandbox.schema.prune import pruned
from deployctl.sandbox.schema.types import OBJECT_META, Atom, Field, ListShape, MapShape, named, type_of


class DecodeError(Exception):
    """The body is no object of its kind: HTTP 400, reason BadRequest, with this message.

    After a patch the real server answers 422 instead: `patch: Invalid value: "<the patched document>": <detail>`.
    """

    def __init__(self, kind: Kind, detail: str) -> None:
        self.detail = detail
        super().__init__(f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {detail}')


_NO_OBJECT = (
    "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go value of type struct {{ APIVersion"
    ' string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }}'
)


class _Bad(Exception):
    pass


_ABSENT = object()


def decode(kind: Kind, obj: Any) -> Object:
    """A copy of `obj` in the server's form. Raises DecodeError when a value has the wrong type."""
    if not isinstance(obj, dict):
        raise DecodeError(kind, _NO_OBJECT.format(_json_type(obj)))
    metadata = obj.get("metadata")
    try:
        if kind.custom:
            decoded = {**pruned(kind, obj), "metadata": _metadata(metadata)}
        else:
            decoded = _struct(type_of(kind), obj, ())
    except _Bad as error:
        raise DecodeError(kind, str(error)) from error
    if isinstance(metadata, dict) and metadata.get("managedFields") == []:
        # Elsewhere an empty list is no list; here it is the wish to have none.
        decoded["metadata"]["managedFields"] = []
    return {**decoded, "apiVersion": kind.api_version, "kind": kind.kind}


def _metadata(value: Any) -> Any:
    """Of a custom resource: its only part with a Go type."""
    if value is None:
        return {}
    return _value(named(OBJECT_META), value, (), "ObjectMeta")


def empty(kind: Kind) -> Object:
    """What an object of this kind reads as before anything is set: what a create is compared with."""
    return {"apiVersion": kind.api_version, "kind": kind.kind} if kind.custom else decode(kind, {})


def _value(atom: Atom, value: Any, path: tuple[str, ...], owner: str) -> Any:
    shape = atom.map or atom.list
    if atom.format == "int-or-string" or (atom.scalar and not isinstance(shape, MapShape)):
        return _scalar(atom, value, path, owner)
    if atom.scalar:
        return value
    if isinstance(shape, MapShape):
        if not isinstance(value, dict):
            raise _wrong(atom, _json_type(value), path, owner)
        return _struct(atom, value, path) if shape.fields else _free_map(atom, shape, value, path, owner)
    assert isinstance(shape, ListShape)
    if not isinstance(value, list):
        raise _wrong(atom, _json_type(value), path, owner)
    return [_zero(shape.item) if x is None else _value(shape.item, x, path, owner) for x in value]


def _free_map(atom: Atom, shape: MapShape, value: dict[str, Any], path: tuple[str, ...], owner: str) -> Any:
    if shape.values is None:
        return {}
    if atom.raw.get("additionalProperties") is None:
        return value
    child = shape.child("")
    assert child is not None
    return {k: _zero(child) if v is None else _value(child, v, path, owner) for k, v in value.items()}


def _zero(atom: Atom) -> Any:
    """What a null stands for where a value must be."""
    if atom.scalar == "string":
        return ""
    if atom.format == "quantity":
        return "0"
    return {} if atom.map else None


def _struct(atom: Atom, value: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    assert atom.map
    name, fields = go_types.struct_name(atom), atom.map.fields
    found = {}
    for key, given in value.items():
        field = fields.get(key)
        if field is not None and given is not None:
            inner = (field.embedded_in, key) if field.embedded_in else (key,)
            decoded = _present(field, given, (*path, *inner), name)
            if decoded is not _ABSENT:
                found[key] = decoded
    for key, field in _always_written(atom):
        if value.get(key) is None:
            found[key] = _missing(field)
    return found


@cache
def _always_written(atom: Atom) -> tuple[tuple[str, Field], ...]:
    """The fields of a struct that read back even when nobody set them."""
    assert atom.map
    return tuple((k, f) for k, f in atom.map.fields.items() if _missing(f) is not _ABSENT)


def _missing(field: Field) -> Any:
    """How a field reads back that nobody set."""
    if field.zero == "omit":
        return _ABSENT
    atom = field.atom
    if field.has_default and field.default == {} and atom.map and atom.map.fields:
        return _struct(atom, {}, ())
    if field.zero != "write":
        return _ABSENT
    if field.has_default and field.default in ("", 0, False):
        return field.default
    return "0" if atom.format == "quantity" else None


def _present(field: Field, value: Any, path: tuple[str, ...], owner: str) -> Any:
    atom = field.atom
    decoded = _value(atom, value, path, owner)
    if field.zero == "omit" and decoded in ("", 0, False, {}):
        return _ABSENT
    if decoded in ([], {}) and not (atom.map and (atom.map.fields or atom.scalar or _without_fields(atom))):
        return None if field.zero == "write" else _ABSENT
    return decoded


def _without_fields(atom: Atom) -> bool:
    """A struct that says something by being there, such as a definition's `subresources.status`; no map of anything."""
    return bool(atom.name) and "additionalProperties" not in atom.raw


def _scalar(atom: Atom, value: Any, path: tuple[str, ...], owner: str) -> Any:
    converter = scalars.microseconds if atom.name.endswith(".MicroTime") else scalars.CONVERTERS.get(atom.format)
    if converter:
        return _converted(converter, atom, value, path, owner)
    if atom.scalar == "numeric":
        return _number(atom, value, path, owner)
    accepted = {"string": str, "boolean": bool}.get(atom.scalar or "", object)
    if not isinstance(value, accepted):
        raise _wrong(atom, _json_type(value), path, owner)
    return value


def _converted(convert: Callable[[Any], Any], atom: Atom, value: Any, path: tuple[str, ...], owner: str) -> Any:
    try:
        return convert(value)
    except TypeError as error:
        raise _wrong(atom, _json_type(value), path, owner) from error
    except ValueError as error:
        raise _Bad(str(error)) from error


def _number(atom: Atom, value: Any, path: tuple[str, ...], owner: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(atom, _json_type(value), path, owner)
    if atom.format in go_types.RANGES:
        low, high = go_types.RANGES[atom.format]
        if isinstance(value, float) or not low <= value <= high:
            raise _wrong(atom, f"number {value}", path, owner)
    return value


def _wrong(atom: Atom, given: str, path: tuple[str, ...], owner: str) -> _Bad:
    where = ".".join((owner, *path))
    return _Bad(f"json: cannot unmarshal {given} into Go struct field {where} of type {go_types.spelled(atom)}")


def _json_type(value: Any) -> str:
    names = {bool: "bool", str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")
