"""What a person or a CI job asked for, parsed from the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class ReleaseRequest:
    """A release, or a rollback to recorded images; everything that planning needs to know of the asker."""

    services: tuple[str, ...]
    """Names; never empty."""
    version: str = ""
    """For every named service; empty: from each service's version file."""
    restart: bool = False
    skip_build: bool = False
    accept_collateral: bool = False
    commit: bool = False
    operation: Literal["release", "rollback"] = "release"
    tags: tuple[tuple[str, str], ...] = ()
    """For a rollback: service name and the exact tag recorded for it."""
    digests: tuple[tuple[str, str], ...] = ()
    """For a rollback: service name and the digest that the tag must still have."""
