"""A selection as a tar archive: the same tree gives the same bytes, wherever it lies and whoever packs it.

Owners are root, times one fixed moment, modes 0644, 0755 where the owner may execute, folders 0755, links 0777. Hard
links travel as copies: another checkout of the same tree has none.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterable, Iterator

from deployctl.adapters.context.entries import Entry
from deployctl.adapters.context.headers import header
from deployctl.model.errors import Refused

PIECE = 1024 * 1024
END = b"\0" * (2 * tarfile.BLOCKSIZE)


def parts(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The archive without its end, in pieces of any length; memory does not grow with the tree. Raises Refused for a
    file that cannot be read, or changes while it is read."""
    for entry in entries:
        yield header(entry)
        if entry.kind == "file":
            yield from content(entry)
            padding = -entry.size % tarfile.BLOCKSIZE
            if padding:
                yield b"\0" * padding


def content(entry: Entry) -> Iterator[bytes]:
    """A file's bytes, exactly as many as its entry says."""
    if entry.content is not None:
        yield entry.content
        return
    try:
        with open(entry.source, "rb", buffering=0) as file:  # noqa: PTH123 - a Path for each file costs a sixth of a packing
            before = os.fstat(file.fileno())
            left = entry.size
            while left and (piece := file.read(min(left, PIECE))):
                left -= len(piece)
                yield piece
            after = os.fstat(file.fileno())
            if left or after.st_size != entry.size or after.st_mtime_ns != before.st_mtime_ns:
                raise _changed(entry)
    except OSError as error:
        raise Refused(
            f"a file of the build context cannot be read: {error.strerror}",
            where=entry.source,
            action="make it readable, or name it in .dockerignore",
        ) from error


def _changed(entry: Entry) -> Refused:
    return Refused(
        "a file of the build context changed while it was packed",
        where=entry.source,
        action="let whatever writes it finish, or name it in .dockerignore; then build again",
    )
