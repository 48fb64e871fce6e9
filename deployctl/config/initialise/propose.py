"""`deployctl init`: a configuration for a tree, and where each part of it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deployctl.config.initialise.compose import Composed, Written, compose
from deployctl.config.initialise.facts import Guess
from deployctl.config.initialise.read import read_tree
from deployctl.config.toml import key, written
from deployctl.model.errors import UsageError
from deployctl.ports import Renderer

NAME = "deployctl.toml"
_HEAD = """\
# How deployctl releases this project. Written by `deployctl init`, which looked at the tree: what it was not sure of
# is marked `check`. Every key is explained in docs/configuration.md of deployctl.
"""


@dataclass(frozen=True)
class Proposal:
    """A configuration that loads, and the guesses that it is made of."""

    text: str
    guesses: tuple[Guess, ...]


def propose(
    root: Path, renderer: Renderer | None, environ: Mapping[str, str], *, default_environment: str = ""
) -> Proposal:
    """Look at a tree and say how it would be released. Writes nothing.

    Raises Refused when there is nothing to release, UsageError when `default_environment` is none of those found.
    """
    composed = compose(read_tree(root.absolute(), renderer, environ), default_environment)
    return Proposal(as_toml(composed), composed.guesses)


def check_free(root: Path, *, force: bool) -> Path:
    """The file that `init` writes. Raises UsageError when it exists and is not to be overwritten."""
    path = root / NAME
    if path.exists() and not force:
        raise UsageError("there is a configuration already", where=str(path), action="overwrite it with --force")
    return path


def as_toml(composed: Composed) -> str:
    """The file's text; a key whose guess is unsure carries its evidence as a comment."""
    doubts = {guess.key: guess.evidence for guess in composed.guesses if not guess.sure}
    blocks = ["\n".join(_table(table, doubts)) for table in composed.tables if table.title or table.keys]
    return "\n\n".join((_HEAD.rstrip(), *blocks)) + "\n"


def _table(table: Written, doubts: Mapping[str, str]) -> Iterator[str]:
    if table.title:
        doubt = doubts.get(table.title)
        yield f"[{table.title}]" + (f"  # check: {_one_line(doubt)}" if doubt else "")
    for name, value in table.keys.items():
        path = f"{table.title}.{name}" if table.title else name
        if path in doubts:
            yield f"# check: {_one_line(doubts[path])}"
        yield f"{key(name)} = {written(value)}"
    for name in _missing(table, doubts):
        yield f"# {name}: {_one_line(doubts[f'{table.title}.{name}'])}"


def _missing(table: Written, doubts: Mapping[str, str]) -> Iterator[str]:
    """Keys of this table that something was said about, and that are not in it."""
    for path in doubts:
        title, _, name = path.rpartition(".")
        if title == table.title and name not in table.keys and name not in ("health",):
            yield name


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
