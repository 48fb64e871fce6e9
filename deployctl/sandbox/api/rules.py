"""The one seam between the API server and the pure functions of schemas, field management and patches."""

from __future__ import annotations

from fractions import Fraction

from deployctl.sandbox.api.errors import bad_request
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.fields import BadApply, Conflict, TypedPatchError, server_side_apply, track_update
from deployctl.sandbox.patches import PatchError, json_patch, merge_patch, strategic_merge
from deployctl.sandbox.schema import defaults
from deployctl.sandbox.schema.decode import DecodeError
from deployctl.sandbox.schema.kinds import Kind, Subresource, builtin_kinds
from deployctl.sandbox.schema.openapi import document, index, path_of
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
    "amount",
    "builtin_kinds",
    "document",
    "index",
    "json_patch",
    "merge_patch",
    "path_of",
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


def with_defaults(kind: Kind, obj: Object) -> Object:
    """A copy as the server stores it, unknown fields dropped. Raises ApiError 400 when a value has the wrong type."""
    try:
        return defaults.with_defaults(kind, obj)
    except DecodeError as error:
        raise bad_request(str(error)) from error


def amount(quantity: object) -> Fraction:
    """A quantity's value; numbers are accepted as the decoder accepts them. Raises ValueError."""
    return _quantity(str(quantity)).value
