"""Tracking of create, update and every patch that is no apply."""

from __future__ import annotations

from datetime import datetime

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.fields.cap import capped
from deployctl.sandbox.fields.compare import compare
from deployctl.sandbox.fields.managers import (
    Entry,
    Managed,
    Manager,
    read,
    read_or_empty,
    timestamp,
    without_managers,
    write,
)
from deployctl.sandbox.fields.noop import keep_times
from deployctl.sandbox.fields.ownership import take
from deployctl.sandbox.fields.reset import NEVER_OWNED, reset_fields
from deployctl.sandbox.schema.decode import empty
from deployctl.sandbox.schema.kinds import Kind
from deployctl.sandbox.schema.types import type_of


def track_update(
    kind: Kind, before: Object | None, after: Object, *, manager: str, now: datetime, subresource: str = ""
) -> Object:
    """`after` with the managedFields that this write leaves: what it changed is the manager's, nobody else's.

    `before` is None on create. managedFields in `after` are honoured (not through a subresource): rewritten ones are
    taken, `[]` or `[{}]` clears them, and a cleared object stays untracked until somebody applies.
    """
    managed = _starting_point(before, after, subresource)
    plain = without_managers(after)
    if not managed and before is not None:
        return plain
    writer = Manager.of(manager, "Update", kind.api_version, subresource)
    managed = updated(kind, before, plain, managed, writer, now)
    return keep_times(before, write(plain, managed))


def _starting_point(before: Object | None, after: Object, subresource: str) -> Managed:
    if subresource:
        return read_or_empty(before)
    given = (after.get("metadata") or {}).get("managedFields")
    if given in ([], [{}]):
        return {}
    try:
        managed = read(after)
    except ValueError:
        managed = {}
    return managed or read_or_empty(before)


def updated(
    kind: Kind, before: Object | None, after: Object, managed: Managed, writer: Manager, now: datetime
) -> Managed:
    """The managers after an update. Nothing moves for fields that the endpoint resets."""
    reset = reset_fields(kind, writer.subresource)
    start = empty(kind) if before is None else without_managers(before)
    change = compare(type_of(kind), start, after).without(reset)
    left = take(managed, change, None, force=True)
    mine = (change.modified | change.added) - NEVER_OWNED
    if mine:
        previous = left[writer].fields if writer in left else frozenset()
        left[writer] = Entry(mine | previous, kind.api_version, timestamp(now))
    return capped(left)
