"""What `promote` was asked for: what was tested in one environment, to be had in another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PromoteRequest:
    """Images to copy between two environments' repositories; nothing is built, nothing deployed."""

    services: tuple[str, ...]
    """Names; never empty."""
    version: str = ""
    """For every named service; empty: from each service's version file."""
