"""Until `schema.validation` is there."""

from __future__ import annotations

from deployctl.sandbox.api.errors import Cause
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.kinds import Kind


def validate_create(_kind: Kind, _obj: Object) -> list[Cause]:
    return []


def validate_update(_kind: Kind, _old: Object, _new: Object) -> list[Cause]:
    return []
