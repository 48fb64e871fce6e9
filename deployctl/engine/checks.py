"""Gathering what a verification compares: registry, overlay on disk, live objects and running pods. Reads only."""

from __future__ import annotations


def _unused() -> None: ...
