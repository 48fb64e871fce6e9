"""Until `schema.validation` and `schema.strict` are there."""

from __future__ import annotations

from deployctl.sandbox.api.errors import Cause
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.kinds import Kind


def validate_create(_kind: Kind, _obj: Object) -> list[Cause]:
    return []


def validate_update(_kind: Kind, _old: Object, _new: Object) -> list[Cause]:
    return []


def strict_problems(_kind: Kind, _raw: bytes | Object) -> list[str]:
    return []


def without_unknown(_kind: Kind, obj: Object) -> Object:
    return obj
