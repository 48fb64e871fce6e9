"""Server-side apply: merge, prune what is no longer applied, and settle ownership."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.fields.compare import ABSENT, compare, same
from deployctl.sandbox.fields.errors import BadApply, Conflict, TypedPatchError
from deployctl.sandbox.fields.extract import field_set
from deployctl.sandbox.fields.last_applied import conflicts_left, synchronised
from deployctl.sandbox.fields.managers import (
    Entry,
    Managed,
    Manager,
    drop_empty,
    read_or_empty,
    timestamp,
    without_managers,
    write,
)
from deployctl.sandbox.fields.merge import merge
from deployctl.sandbox.fields.noop import keep_times
from deployctl.sandbox.fields.ownership import take
from deployctl.sandbox.fields.remove import remove, with_named_parents
from deployctl.sandbox.fields.reset import NEVER_OWNED, reset_fields
from deployctl.sandbox.fields.sets import FieldSet, without_below
from deployctl.sandbox.fields.typed import misfits
from deployctl.sandbox.fields.update import updated
from deployctl.sandbox.schema.decode import DecodeError, empty
from deployctl.sandbox.schema.defaults import with_defaults
from deployctl.sandbox.schema.kinds import Kind
from deployctl.sandbox.schema.types import Atom, type_of

BEFORE_FIRST_APPLY = "before-first-apply"
KUBECTL = "kubectl"


def server_side_apply(
    kind: Kind,
    live: Object | None,
    applied: Object,
    *,
    manager: str,
    force: bool,
    now: datetime,
    subresource: str = "",
) -> Object:
    """The live object after an apply, defaulted, with its managedFields; `live` itself when nothing changes.

    Raises BadApply (400), TypedPatchError (500) and Conflict (409), worded as the real server does.
    """
    atom = type_of(kind)
    _check(kind, atom, applied)
    managed = _tracked(kind, live, now, subresource)
    base = empty(kind) if live is None else without_managers(live)
    step = _Apply(kind, base, applied, Manager.of(manager, "Apply", kind.api_version, subresource), now)
    try:
        result, managed = step.run(managed, force=force)
    except Conflict as conflict:
        if manager != KUBECTL:
            raise
        conflicts_left(kind, atom, base, conflict)
        result, managed = step.run(managed, force=True)
    if manager == KUBECTL:
        result = synchronised(result, applied)
    return keep_times(live, write(result, managed))


def _check(kind: Kind, atom: Atom, applied: Object) -> None:
    if (applied.get("apiVersion"), applied.get("kind")) != (kind.api_version, kind.kind):
        group, _, version = str(applied.get("apiVersion", "")).rpartition("/")
        raise BadApply(f"invalid object type: {group}/{version}, Kind={applied.get('kind', '')}")
    metadata = applied.get("metadata") or {}
    if metadata.get("managedFields") is not None:
        raise BadApply("metadata.managedFields must be nil")
    problems = misfits(atom, applied)
    if problems:
        who = f"{_who(applied)}; {kind.describe()}"
        what = problems[0] if len(problems) == 1 else "\n  ".join(["errors:", *problems])
        raise TypedPatchError(f"failed to create typed patch object ({who}): {what}")


def _who(obj: Object) -> str:
    metadata = obj.get("metadata") or {}
    return f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"


def _tracked(kind: Kind, live: Object | None, now: datetime, subresource: str) -> Managed:
    managed = read_or_empty(live)
    if managed or live is None:
        return managed
    writer = Manager.of(BEFORE_FIRST_APPLY, "Update", kind.api_version, subresource)
    return updated(kind, None, without_managers(live), {}, writer, now)


class _Apply:
    """One apply of one manager; run twice when kubectl takes over what it applied client-side."""

    def __init__(self, kind: Kind, live: Object, applied: Object, writer: Manager, now: datetime) -> None:
        self.kind, self.atom, self.live, self.applied = kind, type_of(kind), live, applied
        self.writer, self.time = writer, timestamp(now)
        self.reset = reset_fields(kind, writer.subresource)

    def run(self, managed: Managed, *, force: bool) -> tuple[Object, Managed]:
        """The object and its managers. Raises Conflict."""
        last = managed.get(self.writer)
        mine = without_below(field_set(self.atom, self.applied), self.reset)
        managed = {**managed, self.writer: Entry(mine, self.kind.api_version, last.time if last else None)}
        merged = merge(self.atom, self.live, self.applied)
        result = self._pruned(merged, managed, last.fields) if last and last.fields else merged
        change = compare(self.atom, self.live, result).without(self.reset)
        managed = take(managed, change, self.writer, force=force)
        moved = not same(self.live, result)
        managed[self.writer] = Entry(
            mine - NEVER_OWNED, self.kind.api_version, self.time if moved else managed[self.writer].time
        )
        return (self._decoded(result) if moved else self.live), drop_empty(managed)

    def _decoded(self, result: Object) -> Object:
        """With defaults. Raises TypedPatchError for values that fit the schema but not the type, such as bad base64."""
        try:
            return with_defaults(self.kind, result)
        except DecodeError as error:
            what = self.kind.describe()
            raise TypedPatchError(
                f"failed to convert new object ({_who(result)}; {what}) to proper version: unable to convert "
                f"unstructured object to {what}: error decoding from json: {error.detail}"
            ) from error

    def _pruned(self, merged: Any, managed: Managed, last: FieldSet) -> Any:
        """Without what this manager applied last time, does not now, and nobody else owns."""
        everything = self._members(merged)
        pruned = remove(self.atom, merged, with_named_parents(self.atom, last))
        owned = with_named_parents(self.atom, frozenset().union(*(e.fields for e in managed.values())))
        pruned = remove(self.atom, merged, everything - (self._members(pruned) | owned))
        gone = everything - self._members(pruned)
        return remove(self.atom, merged, gone & with_named_parents(self.atom, last))

    def _members(self, value: Any) -> FieldSet:
        return frozenset() if value is ABSENT else with_named_parents(self.atom, field_set(self.atom, value))
