"""The recorded releases, as they are to be understood now."""

from __future__ import annotations

from dataclasses import replace

from deployctl.engine.target import Target
from deployctl.model.errors import Problem
from deployctl.model.release import Release

UNFINISHED = Problem(
    "the run ended before it could say how: it was killed, or lost the cluster",
    action="run the same release again: it finishes what was begun, or finds nothing to do",
)


def recorded(target: Target) -> tuple[Release, ...]:
    """Newest first. A record that says `running` is of a run that is gone, and so interrupted, unless it is the newest
    and somebody holds the lock. Raises Unavailable."""
    releases = target.ports.history.read()
    if not any(release.outcome == "running" for release in releases):
        return releases
    held = target.ports.leases.holder() is not None
    # Read once more: the run may have ended, and said so, between our two looks.
    return tuple(
        _gone(release) if release.outcome == "running" and not (held and at == 0) else release
        for at, release in enumerate(target.ports.history.read())
    )


def _gone(release: Release) -> Release:
    return replace(release, outcome="interrupted", problem=UNFINISHED)
