"""An OpenAPI v2 document in the protobuf messages of gnostic's `openapi.v2`, which kubectl asks for.

Numbers are those of its `OpenAPIv2.proto`; zero values are not written, as proto3 has it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_VARINT, _FIXED64, _BYTES = 0, 1, 2


def encode(document: Mapping[str, Any]) -> bytes:
    """`swagger`, `info` and `definitions`; `paths` is there and empty."""
    info = _text(1, document["info"]["title"]) + _text(2, document["info"]["version"])
    definitions = b"".join(_named(1, name, schema(value)) for name, value in document["definitions"].items())
    return _text(1, document["swagger"]) + _bytes(2, info) + _bytes(8, b"") + _bytes(9, definitions)


def schema(value: Mapping[str, Any]) -> bytes:
    """One `Schema` message. Keys that the message has no field for, and that are no extension, are left out."""
    return b"".join(
        _bytes(31, _extension(key, below)) if key.startswith("x-") else _FIELDS[key](below)
        for key, below in value.items()
        if key.startswith("x-") or key in _FIELDS
    )


def _extension(name: str, value: Any) -> bytes:
    """NamedAny. JSON is YAML."""
    return _text(1, name) + _bytes(2, _any(value))


def _any(value: Any) -> bytes:
    return _text(2, json.dumps(value))


def _properties(value: Mapping[str, Any]) -> bytes:
    return b"".join(_named(1, name, schema(below)) for name, below in value.items())


def _additional(value: Mapping[str, Any] | bool) -> bytes:
    """AdditionalPropertiesItem: one of a schema and a boolean, of which a false one is written too."""
    return _number(2, int(value)) if isinstance(value, bool) else _bytes(1, schema(value))


def _named(number: int, name: str, message: bytes) -> bytes:
    return _bytes(number, _text(1, name) + _bytes(2, message))


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value


def _text(number: int, value: str) -> bytes:
    return _bytes(number, value.encode()) if value else b""


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value)


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


Write = Callable[[Any], bytes]


def _one(number: int, content: Callable[[Any], bytes]) -> Write:
    return lambda value: _bytes(number, content(value))


def _each(number: int, content: Callable[[Any], bytes]) -> Write:
    return lambda values: b"".join(_bytes(number, content(value)) for value in values)


def _string(number: int) -> Write:
    return lambda value: _text(number, value)


def _whole(number: int) -> Write:
    """int64 and bool; a negative one is 64-bit two's complement."""
    return lambda value: _number(number, int(value) % (1 << 64)) if value else b""


def _double(number: int) -> Write:
    return lambda value: _varint(number << 3 | _FIXED64) + struct.pack("<d", value) if value else b""


def _types(value: str | Iterable[str]) -> bytes:
    """TypeItem."""
    return b"".join(_text(1, name) for name in ([value] if isinstance(value, str) else value))


_FIELDS: Mapping[str, Write] = {
    "$ref": _string(1),
    "format": _string(2),
    "title": _string(3),
    "description": _string(4),
    "default": _one(5, _any),
    "multipleOf": _double(6),
    "maximum": _double(7),
    "exclusiveMaximum": _whole(8),
    "minimum": _double(9),
    "exclusiveMinimum": _whole(10),
    "maxLength": _whole(11),
    "minLength": _whole(12),
    "pattern": _string(13),
    "maxItems": _whole(14),
    "minItems": _whole(15),
    "uniqueItems": _whole(16),
    "maxProperties": _whole(17),
    "minProperties": _whole(18),
    "required": _each(19, str.encode),
    "enum": _each(20, _any),
    "additionalProperties": _one(21, _additional),
    "type": _one(22, _types),
    "items": _one(23, lambda value: _bytes(1, schema(value))),
    "allOf": _each(24, schema),
    "properties": _one(25, _properties),
    "example": _one(30, _any),
}
