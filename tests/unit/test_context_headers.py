"""Headers written into a template are those that tarfile makes."""

from __future__ import annotations

import tarfile
from typing import Literal

from hypothesis import example, given
from hypothesis import strategies as st

from deployctl.adapters.context.entries import Entry
from deployctl.adapters.context.headers import MOMENT, header

NAMES = st.text(min_size=1, max_size=130).filter(lambda name: name.isprintable() and not name.endswith("/"))
KINDS: tuple[Literal["file", "folder", "link"], ...] = ("file", "folder", "link")


def by_tarfile(entry: Entry) -> bytes:
    info = tarfile.TarInfo(entry.name)
    info.mtime = MOMENT
    info.mode = 0o755 if entry.kind == "folder" or entry.executable else 0o644
    if entry.kind == "folder":
        info.type = tarfile.DIRTYPE
    elif entry.kind == "link":
        info.type, info.mode, info.linkname = tarfile.SYMTYPE, 0o777, entry.target
    else:
        info.size = entry.size
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


@given(
    name=NAMES,
    kind=st.sampled_from(KINDS),
    size=st.integers(0, 8**11 + 9),
    executable=st.booleans(),
    target=NAMES,
)
@example(name="a" * 99, kind="folder", size=0, executable=False, target="x")
@example(name="a" * 100, kind="folder", size=0, executable=False, target="x")
@example(name="a" * 100, kind="file", size=8**11 - 1, executable=True, target="x")
@example(name="a" * 101, kind="file", size=1, executable=True, target="x")
@example(name="\udcff\udcfe", kind="file", size=8**11, executable=False, target="x")
@example(name="\u00fc" * 50, kind="file", size=0, executable=False, target="x")
def test_every_header_is_the_one_that_tarfile_makes(
    name: str, kind: Literal["file", "folder", "link"], size: int, executable: bool, target: str
) -> None:
    size = size if kind == "file" else 0
    entry = Entry(name, kind, "", size, executable=executable, target=target if kind == "link" else "")
    assert header(entry) == by_tarfile(entry)
