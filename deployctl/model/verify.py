"""The comparison of what runs with what should: one row for each fact."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One compared fact."""

    subject: str
    """Such as `deployment/backend`."""
    fact: str
    """Such as `running digest`."""
    wanted: str
    found: str
    good: bool
    action: str = ""
    """What to do about it when it is not good."""
