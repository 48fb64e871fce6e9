"""What wraps a protobuf object: four magic bytes, then its apiVersion and kind, then the message."""

from __future__ import annotations

from collections.abc import Callable

from deployctl.sandbox.api.protobuf.message import to_json
from deployctl.sandbox.api.protobuf.wire import ProtobufError, fields
from deployctl.sandbox.contracts import Object

MAGIC = b"k8s\x00"
_TYPE_META = "io.k8s.apimachinery.pkg.runtime.TypeMeta"

__all__ = ["ProtobufError", "decode"]


def decode(body: bytes, type_name: Callable[[str, str], str | None]) -> Object:
    """`type_name` gives the OpenAPI name of an apiVersion and kind. Raises ProtobufError."""
    if not body.startswith(MAGIC):
        raise ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    parts = {number: value for number, value in fields(body[len(MAGIC) :]) if isinstance(value, bytes)}
    meta = to_json(_TYPE_META, parts.get(1, b""))
    api_version, kind = meta.get("apiVersion", ""), meta.get("kind", "")
    name = type_name(api_version, kind)
    if name is None:
        raise ProtobufError(f'no kind "{kind}" is registered for version "{api_version}"')
    try:
        content = to_json(name, parts.get(2, b""))
    except (KeyError, UnicodeDecodeError) as error:
        raise ProtobufError(str(error)) from error
    return {"kind": kind, "apiVersion": api_version, **content}
