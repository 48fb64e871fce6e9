"""A write that changes nothing must not change times either."""

from __future__ import annotations

from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.fields.compare import same


def keep_times(before: Object | None, after: Object) -> Object:
    """`before` itself when `after` differs in nothing but the times of managedFields; else `after`."""
    if before is not None and same(_timeless(before), _timeless(after)):
        return before
    return after


def _timeless(obj: Object) -> dict[str, Any]:
    metadata = dict(obj.get("metadata") or {})
    entries = [{k: v for k, v in e.items() if k != "time"} for e in metadata.pop("managedFields", None) or []]
    # Entries are ordered by time, so their order says nothing here.
    metadata["managedFields"] = sorted(entries, key=repr)
    return {**obj, "metadata": metadata}
