"""How one write changes who owns what."""

from __future__ import annotations

from deployctl.sandbox.fields.compare import Comparison
from deployctl.sandbox.fields.errors import Conflict, Ownership
from deployctl.sandbox.fields.managers import Managed, Manager, drop_empty
from deployctl.sandbox.fields.sets import ordered


def take(managed: Managed, change: Comparison, writer: Manager | None, *, force: bool) -> Managed:
    """Others lose what the writer changed, and everybody what it removed. Raises Conflict unless forced."""
    touched = change.modified | change.added
    others = {m: e for m, e in managed.items() if m != writer}
    if not force:
        contested = {m: e.fields & touched for m, e in others.items()}
        conflicts = [Ownership(m.show(), p) for m in sorted(contested) for p in ordered(contested[m])]
        if conflicts:
            raise Conflict(tuple(conflicts))
    lost = touched | change.removed
    left = {m: e.with_fields(e.fields - lost) for m, e in others.items()}
    if writer in managed:
        left[writer] = managed[writer]
    return drop_empty(left)
