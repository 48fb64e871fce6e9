"""Two clusters' answers to one procedure, compared whole. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.comparing.listed import Listed
from conformance.comparing.run import Answer


@dataclass(frozen=True)
class Difference:
    """What of a step's answers no entry of the list excuses."""

    title: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([f"$ {self.title}", *(f"    {line}" for line in self.lines)])


@dataclass(frozen=True)
class Compared:
    """A procedure's outcome; `used` are the listed differences that showed."""

    procedure: str
    answers: int
    differences: tuple[Difference, ...]
    used: frozenset[Listed]


def compare(procedure: str, real: Sequence[Answer], sandbox: Sequence[Answer], listed: Sequence[Listed]) -> Compared:
    """Both must have answered every step."""
    differences: list[Difference] = []
    used: set[Listed] = set()
    for one, other in zip(real, sandbox, strict=True):
        if one.text == other.text:
            continue
        lines, excuses = _step(procedure, one, other, listed)
        used |= excuses
        if lines:
            differences.append(Difference(one.title, tuple(lines)))
    return Compared(procedure, len(real), tuple(differences), frozenset(used))


def _step(procedure: str, one: Answer, other: Answer, listed: Sequence[Listed]) -> tuple[list[str], set[Listed]]:
    """The lines of a readable difference, empty when every one that differs is excused."""
    diff = difflib.unified_diff(one.text.splitlines(), other.text.splitlines(), "real", "sandbox", lineterm="", n=2)
    lines = [line for line in list(diff)[2:] if not line.startswith("@@")]
    used: set[Listed] = set()
    unexcused = False
    for line in lines:
        if line[0] not in "+-":
            continue
        found = [e for e in listed if e.excuses(procedure, one.title, line[0], line[1:])]
        used.update(found)
        unexcused = unexcused or not found
    return (lines if unexcused else []), used
