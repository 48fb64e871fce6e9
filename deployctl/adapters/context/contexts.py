"""The Contexts port: listing a context without packing it, and its digest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deployctl.adapters.context.entries import Entry, Selection
from deployctl.adapters.context.ignorefile import read_ignore_file
from deployctl.adapters.context.packing import digest_of
from deployctl.adapters.context.selection import select
from deployctl.model.context import ContextFile, ContextListing, Suspect
from deployctl.model.rules.likely_secrets import READ, secret_by_content, secret_by_name, worth_reading
from deployctl.model.service import BuildSource


class LocalContexts:
    """Contexts on this machine's disk."""

    def listing(self, source: BuildSource) -> ContextListing:
        selection = select(source.context, source.dockerfile, source.bumped)
        ignore = read_ignore_file(source.context.resolve(), source.dockerfile)
        return ContextListing(
            folder=str(source.context),
            dockerfile=shown(selection.dockerfile),
            ignore_file=str(ignore.path or ""),
            files=tuple(ContextFile(shown(e.name), e.size) for e in selection.entries if e.kind != "folder"),
            suspects=tuple(_suspects(selection)),
            left_out=tuple(Suspect(shown(one.name), one.why) for one in selection.skipped),
        )

    def digest(self, source: BuildSource) -> str:
        return digest_of(select(source.context, source.dockerfile, source.bumped))


def shown(name: str) -> str:
    """A name that every terminal and every JSON reader takes."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def _suspects(selection: Selection) -> Iterator[Suspect]:
    for entry in selection.entries:
        why = secret_by_name(entry.name) if entry.kind == "file" else ""
        why = why or (secret_by_content(_beginning(entry)) if _may_be(entry) else "")
        if why:
            yield Suspect(shown(entry.name), why)


def _may_be(entry: Entry) -> bool:
    return entry.kind == "file" and entry.content is None and 0 < entry.size <= READ and worth_reading(entry.name)


def _beginning(entry: Entry) -> bytes:
    """Empty when it cannot be read: packing will say so."""
    try:
        return Path(entry.source).read_bytes()[:READ]
    except OSError:
        return b""
