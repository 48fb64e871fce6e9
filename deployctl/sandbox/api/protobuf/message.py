"""A message of a known type as the JSON object that Kubernetes would write."""

from __future__ import annotations

import base64
import gzip
import json
import struct
from functools import cache
from importlib import resources
from typing import Any

from deployctl.sandbox.api.protobuf.special import SPECIAL, UNIONS
from deployctl.sandbox.api.protobuf.wire import ProtobufError, fields, signed

Field = tuple[str, str, str]


@cache
def table() -> dict[str, dict[int, Field]]:
    """Made by `scripts/protobuf-table`."""
    packed = resources.files("deployctl.sandbox.api").joinpath("data/protobuf.json.gz").read_bytes()
    read: dict[str, dict[str, list[str]]] = json.loads(gzip.decompress(packed))
    return {name: {int(n): (f[0], f[1], f[2]) for n, f in message.items()} for name, message in read.items()}


def to_json(type: str, data: bytes) -> Any:
    """With the zero values that Go always writes: decoding drops them. Raises ProtobufError; KeyError for a type
    that is in no table."""
    if type in SPECIAL:
        return SPECIAL[type](data)
    if type in UNIONS:
        return _union(type, data)
    made: dict[str, Any] = {}
    known = table()[type]
    for number, value in fields(data):
        if number in known:
            _put(made, known[number], value)
    return {name: value for name, value in made.items() if value is not None}


def _put(made: dict[str, Any], field: Field, value: int | bytes) -> None:
    name, content, shape = field
    if shape == "inline":
        made.update(to_json(content, _bytes(value)))
    elif shape == "repeated":
        made.setdefault(name, []).append(_value(content, value))
    elif shape == "map":
        key, item = _entry(content, _bytes(value))
        made.setdefault(name, {})[key] = item
    else:
        made[name] = _value(content, value)


def _value(type: str, value: int | bytes) -> Any:
    if type == "bool":
        return bool(value)
    if type in {"int32", "int64", "uint32", "uint64"}:
        if not isinstance(value, int):
            raise ProtobufError("a number is missing")
        return signed(value)
    raw = _bytes(value)
    if type == "string":
        return raw.decode()
    if type == "bytes":
        return base64.b64encode(raw).decode()
    return struct.unpack("<d", raw)[0] if type == "double" else to_json(type, raw)


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ProtobufError("a message is missing")
    return value


def _entry(type: str, data: bytes) -> tuple[str, Any]:
    """One pair of a map; an absent value is the type's zero."""
    parts = dict(fields(data))
    key = _bytes(parts.get(1, b"")).decode()
    return key, _value(type, parts.get(2, 0 if type.startswith(("int", "bool")) else b""))


def _union(type: str, data: bytes) -> Any:
    found: dict[str, Any] = {}
    for number, value in fields(data):
        if number in table()[type]:
            _put(found, table()[type][number], value)
    first, second = UNIONS[type]
    return found[first] if first in found else found.get(second)
