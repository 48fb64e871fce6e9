"""Until `schema`, `fields` and `patches` are there: the smallest things of the same shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.store import clone

if TYPE_CHECKING:
    from datetime import datetime

    from deployctl.sandbox.api.errors import Cause
    from deployctl.sandbox.contracts import Object
    from deployctl.sandbox.schema.kinds import Kind


def with_defaults(kind: Kind, obj: Object) -> Object:  # noqa: ARG001
    return obj


def validate_create(kind: Kind, obj: Object) -> list[Cause]:  # noqa: ARG001
    return []


def validate_update(kind: Kind, old: Object, new: Object) -> list[Cause]:  # noqa: ARG001
    return []


def track_update(
    kind: Kind, before: Object | None, after: Object, *, manager: str, now: datetime, subresource: str = ""
) -> Object:
    return clone(after)  # type: ignore[no-any-return]
