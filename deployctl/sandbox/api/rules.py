"""The one seam between the API server and the pure functions of schemas, field management and patches."""

from __future__ import annotations

from fractions import Fraction

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.fields import BadApply, Conflict, TypedPatchError, server_side_apply, track_update
from deployctl.sandbox.patches import PatchError, json_patch, merge_patch, strategic_merge
from deployctl.sandbox.schema import defaults
from deployctl.sandbox.schema.decode import DecodeError
from deployctl.sandbox.schema.go_json import object_fault
from deployctl.sandbox.schema.kinds import Kind, Subresource, builtin_kinds
from deployctl.sandbox.schema.openapi import document, index, path_of
from deployctl.sandbox.schema.openapi_v2 import definitions as definitions_v2
from deployctl.sandbox.schema.quantity import Quantity
from deployctl.sandbox.schema.quantity import parse as _quantity
from deployctl.sandbox.schema.strict import error as strict_error
from deployctl.sandbox.schema.strict import problems as strict_problems
from deployctl.sandbox.schema.types import type_name
from deployctl.sandbox.schema.validation import validate_create, validate_update

__all__ = [
    "BadApply",
    "Conflict",
    "Kind",
    "PatchError",
    "Subresource",
    "TypedPatchError",
    "Undecodable",
    "amount",
    "builtin_kinds",
    "definitions_v2",
    "document",
    "index",
    "json_patch",
    "merge_patch",
    "object_fault",
    "patch_fault",
    "path_of", "quantity",
    "server_side_apply",
    "strategic_merge",
    "strict_error",
    "strict_problems",
    "track_update",
    "type_name",
    "validate_create",
    "validate_update",
    "with_defaults",
]  # fmt: skip


class Undecodable(ApiError):
    """400: a value of an object has the wrong type; `fault` is the decoder's part of the message."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(400, "BadRequest", message)
        self.fault = message.removeprefix(
            f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: '
        )


def with_defaults(kind: Kind, obj: Object) -> Object:
    """A copy as the server stores it, unknown fields dropped. Raises Undecodable."""
    try:
        return defaults.with_defaults(kind, obj)
    except DecodeError as error:
        raise Undecodable(kind, str(error)) from error


def patch_fault(body: bytes) -> str:
    """Why a body is no JSON, in Go's words; empty when it is some."""
    fault = object_fault(body)
    return "" if fault.startswith("json: cannot unmarshal") else fault


def quantity(value: Fraction, like: str = "") -> str:
    """A quantity as the server writes it, in binary units where `like` is."""
    return str(Quantity(value, binary=bool(like) and _quantity(like).binary))


def amount(quantity: object) -> Fraction:
    """A quantity's value; numbers are accepted as the decoder accepts them. Raises ValueError."""
    return _quantity(str(quantity)).value
