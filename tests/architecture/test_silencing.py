"""A check that is silenced is silenced by its name, for a reason that stands on the line."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SILENCED = re.compile(r"#\s*(?:noqa|type:\s*ignore)")
WITH_REASON = re.compile(r"# (?:noqa: [A-Z]+[0-9]+|type: ignore\[[a-z, -]+\])\s*[-#(]?\s*[a-zA-Z0-9'].{4,}")


def comments(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        yield from (token.string for token in tokenize.tokenize(file.readline) if token.type == tokenize.COMMENT)


@pytest.mark.parametrize("folder", ["deployctl", "tests", "examples"])
def test_whoever_silences_a_check_says_which_and_why(folder: str) -> None:
    bare = [
        f"{path.relative_to(ROOT)}: {comment}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for comment in comments(path)
        if SILENCED.match(comment) and not WITH_REASON.match(comment)
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("comment", "well"),
    [
        ("# noqa: S105 - a variable's name", True),
        ("# noqa: S105 (a shell's token)", True),
        ("# type: ignore[misc] # R may itself allow None", True),
        ("# noqa: S105", False),
        ("# noqa", False),
        ("# type: ignore", False),
        ("# type: ignore[misc]", False),
    ],
)
def test_a_reason_is_known_when_it_is_seen(comment: str, well: bool) -> None:
    assert bool(WITH_REASON.match(comment)) is well
