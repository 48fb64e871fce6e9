"""The protobuf wire format: a message is a sequence of numbered values."""

from __future__ import annotations

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class ProtobufError(ValueError):
    """Bytes that are no message."""


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field number and value: a whole number for varints, the raw bytes for all else. Raises ProtobufError."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = varint(data, at)
            yield tag >> 3, value
            continue
        size, at = _size(data, at, kind)
        if at + size > len(data):
            raise ProtobufError("unexpected EOF")
        yield tag >> 3, data[at : at + size]
        at += size


def _size(data: bytes, at: int, kind: int) -> tuple[int, int]:
    if kind == _BYTES:
        return varint(data, at)
    if kind in {_FIXED64, _FIXED32}:
        return (8 if kind == _FIXED64 else 4), at
    raise ProtobufError(f"illegal wire type {kind}")


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends. Raises ProtobufError."""
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise ProtobufError("unexpected EOF")


def signed(value: int) -> int:
    """Negative whole numbers travel as 64-bit two's complement."""
    return value - (1 << 64) if value >= 1 << 63 else value
