"""At most ten updaters are remembered: the oldest are merged into `ancient-changes`."""

from __future__ import annotations

from deployctl.sandbox.fields.managers import Entry, Managed, Manager

MOST_UPDATERS = 10
BUCKET = "ancient-changes"


def capped(managed: Managed) -> Managed:
    """The oldest updaters of one version share one entry, until no more than ten are left."""
    updaters = sorted((m for m in managed if m.operation == "Update"), key=lambda m: (managed[m].time or "", m))
    left = dict(managed)
    count = len(updaters)
    first: dict[str, Manager] = {}
    for manager in updaters:
        if count <= MOST_UPDATERS:
            break
        version = left[manager].api_version
        if version not in first:
            first[version] = manager
            continue
        bucket = Manager.of(BUCKET, "Update", version, "")
        if bucket not in left:
            left[bucket] = left.pop(first[version])
        entry = left.pop(manager)
        left[bucket] = Entry(entry.fields | left[bucket].fields, version, entry.time)
        count -= 1
    return left
