"""A build context as a person wants to see it: what would travel, how large, and what looks as if it should not."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST = 10


@dataclass(frozen=True)
class ContextFile:
    """A file that travels. `name` is relative to the context; bytes that are no UTF-8 are shown as `\\xNN`."""

    name: str
    size: int


@dataclass(frozen=True)
class Suspect:
    """A file that looks like a secret, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class ContextListing:
    """A whole context."""

    folder: str
    dockerfile: str
    """Its name in the context."""
    ignore_file: str
    """The file whose rules were applied; empty when there is none."""
    files: tuple[ContextFile, ...]
    suspects: tuple[Suspect, ...] = ()
    left_out: tuple[Suspect, ...] = ()
    """What no archive can hold, such as sockets."""
    digest: str = ""
    """Of the whole context; empty when it was not asked for."""

    @property
    def size(self) -> int:
        """Bytes, uncompressed."""
        return sum(file.size for file in self.files)

    @property
    def largest(self) -> tuple[ContextFile, ...]:
        return tuple(sorted(self.files, key=lambda file: (-file.size, file.name))[:LARGEST])
