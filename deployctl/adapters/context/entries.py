"""What lies in a build context and travels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, a folder or a link. `name` is relative to the context, with `/`, bytes that are no UTF-8 escaped."""

    name: str
    kind: Literal["file", "folder", "link"]
    source: str
    """Where it lies: text, for there may be many. For a file that is generated, `content` is taken instead."""
    size: int = 0
    executable: bool = False
    target: str = ""
    """Of a link, as it is written."""
    content: bytes | None = None
    counts: bool = True
    """Whether it is part of what the context's digest says; see `selection.select`."""


@dataclass(frozen=True)
class Skipped:
    """Something that no archive can hold and no build can use: a socket, a pipe, a device."""

    name: str
    why: str


@dataclass(frozen=True)
class Selection:
    """A whole context: what travels, in the order of the archive, and what was left out by its nature."""

    entries: tuple[Entry, ...]
    dockerfile: str
    """The Dockerfile's name in the archive."""
    skipped: tuple[Skipped, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries)
