"""Headers of a tar archive in GNU's format, which holds names of any length and encoding.

Most headers differ in a name and a size alone, so these are written into a template: a tree of packages has tens of
thousands of files, and tarfile takes as long for a header as a file takes to be read.
"""

from __future__ import annotations

import tarfile
from functools import cache

from deployctl.adapters.context.entries import Entry

MOMENT = 946684800
"""2000-01-01: archives of some tools know no time before 1980."""
NAME_END = 100
SIZE, SIZE_END = 124, 136
SUM, SUM_END = 148, 155
LARGEST = 8**11


def header(entry: Entry) -> bytes:
    """The whole header, the blocks of a long name included."""
    if entry.kind == "link":
        return _made(entry.name, tarfile.SYMTYPE, 0o777, target=entry.target)
    kind, end = (tarfile.DIRTYPE, "/") if entry.kind == "folder" else (tarfile.REGTYPE, "")
    mode = 0o755 if entry.kind == "folder" or entry.executable else 0o644
    name = f"{entry.name}{end}".encode("utf-8", "surrogateescape")
    if len(name) > NAME_END or entry.size >= LARGEST:
        return _made(entry.name, kind, mode, size=entry.size)
    template, total = _template(kind, mode)
    size = b"%011o" % entry.size
    block = bytearray(template)
    block[: len(name)] = name
    block[SIZE : SIZE_END - 1] = size
    block[SUM:SUM_END] = b"%06o\0" % (total + sum(name) + sum(size))
    return bytes(block)


def _made(name: str, kind: bytes, mode: int, *, size: int = 0, target: str = "") -> bytes:
    """As tarfile makes it."""
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size, info.linkname, info.mtime = kind, mode, size, target, MOMENT
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


@cache
def _template(kind: bytes, mode: int) -> tuple[bytes, int]:
    """A header without name and size, and the sum of its bytes, for which its own sum counts as eight spaces."""
    block = bytearray(_made("", kind, mode))
    block[:NAME_END] = bytes(NAME_END)
    block[SIZE : SIZE_END - 1] = bytes(SIZE_END - 1 - SIZE)
    block[SUM : SUM_END + 1] = b" " * 8
    return bytes(block), sum(block)
