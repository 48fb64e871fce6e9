"""Small replacements in a text, and the scalars that are put there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from deployctl.overlay.tree import reads_as_text

_BREAK = re.compile(r"\r\n|\n|\r")
_LAST_BREAK = re.compile(r"(?:\r\n|\n|\r)\Z")
_PLAIN = re.compile(r"[A-Za-z0-9_./](?:[A-Za-z0-9_./@+-]|:(?=[A-Za-z0-9_./@+-]))*")


@dataclass(frozen=True)
class Edit:
    """Replace what stands between two places; an empty range inserts."""

    start: int
    end: int
    text: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """All of them at once; they must not overlap. A last line without a line break is still without one afterwards."""
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    made = "".join((*pieces, text[at:]))
    return made if text.endswith(("\n", "\r")) else _LAST_BREAK.sub("", made)


def scalar(value: str, quote: str) -> str:
    """A value in the quotes that were there before; without any, bare if every YAML reader takes that for text."""
    if quote == "'":
        return "'" + value.replace("'", "''") + "'"
    if not quote and _PLAIN.fullmatch(value) and reads_as_text(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def line_start(text: str, place: int) -> int:
    """Where the line of a place begins."""
    return max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1


def line_end(text: str, place: int) -> tuple[int, str]:
    """Where the line of a place ends, and the line break there; empty at the end of the file."""
    found = _BREAK.search(text, place)
    return (found.start(), found.group()) if found else (len(text), "")


def usual_break(text: str) -> str:
    """The line break that the text uses first."""
    found = _BREAK.search(text)
    return found.group() if found else "\n"
