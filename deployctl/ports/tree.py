"""The working tree: rendering it, reading and writing its files, its git repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from deployctl.model.manifest import Manifest


@dataclass(frozen=True)
class Rendered:
    """An overlay as objects, in kustomize's order."""

    manifests: tuple[Manifest, ...]
    warnings: tuple[str, ...]


class Renderer(Protocol):
    def render(self, overlay: Path, flags: tuple[str, ...], edits: Mapping[Path, str]) -> Rendered:
        """Build the overlay as if `edits` (absolute path -> text) were already written; the tree stays untouched.
        Raises Refused with kustomize's own words."""


class Files(Protocol):
    def exists(self, path: Path) -> bool:
        """Whether there is a file."""

    def read(self, path: Path) -> str:
        """Text with its line endings as they are. Raises UsageError when it cannot be read."""

    def write(self, path: Path, text: str) -> None:
        """Atomically, keeping mode and owner; through symlinks. Raises ReleaseFailed."""


@dataclass(frozen=True)
class TreeState:
    """Where the working tree stands in git; commit empty outside a repository."""

    commit: str
    branch: str
    dirty: tuple[str, ...]
    """Changed and untracked paths, relative to `root`; a folder that is untracked as a whole ends with a slash."""
    root: str = ""
    """The repository's top folder; empty outside of any."""


class Repository(Protocol):
    def state(self) -> TreeState: ...

    def committed_since(self, moment: datetime, folder: Path) -> tuple[str, ...]:
        """Paths in a folder, relative to it, that commits after a moment have touched, sorted; empty where git has
        nothing to say."""

    def commit(self, paths: tuple[Path, ...], message: str) -> str:
        """Commit only these paths, whatever else is staged; returns the new commit. Raises ReleaseFailed."""
