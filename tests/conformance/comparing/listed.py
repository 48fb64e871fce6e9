"""The listed differences: each with the reason why the sandbox is left as it is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path


@dataclass(frozen=True)
class Listed:
    """Where the clusters may differ: in which procedures, and in which lines (patterns of the whole line)."""

    name: str
    procedure: str
    reason: str
    real: str = ""
    sandbox: str = ""
    step: str = "*"
    sometimes: bool = False
    """The real cluster itself answers now one way and now the other: no difference need show."""

    def excuses(self, procedure: str, step: str, side: str, line: str) -> bool:
        pattern = self.real if side == "-" else self.sandbox
        here = fnmatchcase(procedure, self.procedure) and fnmatchcase(step, self.step)
        return here and bool(pattern) and re.fullmatch(pattern, line.strip()) is not None


def read(file: Path) -> tuple[Listed, ...]:
    """Raises TypeError when an entry lacks a reason or has a key that is none."""
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return tuple(Listed(**entry) for entry in table.get("difference", ()))


def unused(listed: Sequence[Listed], used: Iterable[Listed]) -> list[Listed]:
    """Entries whose difference no longer shows."""
    seen = set(used)
    return [entry for entry in listed if entry not in seen and not entry.sometimes]
