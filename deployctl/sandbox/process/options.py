"""How a sandbox is to be started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

UNRESTRICTED = ("--load-restrictor=LoadRestrictionsNone",)
"""A rehearsal takes any tree; many have their bases beside the overlay."""


@dataclass(frozen=True)
class Overlay:
    """A kustomization to bring up: rendered by kubectl with these flags, its images made, missing secrets created."""

    folder: Path
    flags: tuple[str, ...] = UNRESTRICTED
    create_kinds: bool = False
    """Define kinds that the cluster does not know, instead of reporting them."""


@dataclass(frozen=True)
class Options:
    """`scenario` is a shipped one's name or a file. `keep` keeps objects and images in the state folder."""

    state: Path
    scenario: str = "default"
    clock_speed: float = 1.0
    """How many seconds pass in the sandbox for one of the wall's."""
    overlays: tuple[Overlay, ...] = ()
    keep: bool = False
    port: int = 0
    """Of the API server; 0 takes a free one."""
