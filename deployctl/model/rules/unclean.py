"""How an unclean tree is told: pure."""

from __future__ import annotations

from deployctl.model.change import Finding

SHOWN = 10


def dirty_finding(service: str, dirty: tuple[str, ...]) -> Finding:
    """The files that git does not know as they are; a few of them by name."""
    more = (f"and {len(dirty) - SHOWN} more",) if len(dirty) > SHOWN else ()
    return Finding(
        "tree-dirty",
        f"the build context of {service} holds changes that git does not know: nobody could build this image again",
        f"services.{service}.context",
        (*dirty[:SHOWN], *more),
        "commit or undo them; --no-git-clean builds all the same",
    )
