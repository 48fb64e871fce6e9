"""Finding and reading the configuration file, and saying where in it something stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli

from deployctl.config.locate import Path as KeyPath
from deployctl.config.locate import locate
from deployctl.model.errors import UsageError

NAMES = ("deployctl.toml", "pyproject.toml")
"""In a folder with both, deployctl.toml counts."""
_TOOL: KeyPath = ("tool", "deployctl")
_LINE = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(frozen=True)
class Document:
    """A configuration as it was written."""

    source: Path
    """Absolute."""
    shown: str
    """The file's name in messages: relative to where the user is, when it lies below or beside."""
    data: Mapping[str, Any] = field(repr=False)
    lines: Mapping[KeyPath, int] = field(repr=False)
    prefix: KeyPath = ()
    """Where the configuration starts: `tool.deployctl` in a pyproject.toml."""

    def where(self, path: KeyPath) -> str:
        """file:line: key.path, with the line of the nearest thing that has one."""
        full: KeyPath = (*self.prefix, *path)
        line = next(self.lines[full[:end]] for end in range(len(full), -1, -1) if full[:end] in self.lines)
        dotted = dotted_path(full)
        return f"{self.shown}:{line}: {dotted}" if dotted else f"{self.shown}:{line}"


def dotted_path(path: KeyPath) -> str:
    """As one would write it in TOML, with [n] for the elements of arrays, counted from 0."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            key = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else '"' + part.replace('"', '\\"') + '"'
            text += f".{key}" if text else key
    return text


def find(start: Path, explicit: Path | None) -> Document:
    """The configuration in `explicit` (a file, or a folder with one), or else the nearest at or above `start`.

    Raises UsageError when there is none or it cannot be read.
    """
    if explicit is not None:
        return _explicit(start, start / explicit.expanduser())
    for folder in (start, *start.parents):
        found = next(_candidates(folder, start), None)
        if found is not None:
            return found
    raise UsageError(
        "there is no configuration",
        where=str(start),
        evidence=("looked for deployctl.toml, and [tool.deployctl] in pyproject.toml, here and in every folder above",),
        action="write one with: deployctl init; or name it: --config FILE",
    )


def _explicit(start: Path, path: Path) -> Document:
    if not path.is_dir():
        return read(path, start)
    found = next(_candidates(path, start), None)
    if found is None:
        raise UsageError("there is no deployctl.toml in this folder", where=str(path), action="name the file itself")
    return found


def _candidates(folder: Path, start: Path) -> Iterator[Document]:
    """The folder's configuration; a pyproject.toml only if it speaks of deployctl."""
    own, project = (folder / name for name in NAMES)
    if own.is_file():
        yield read(own, start)
    elif project.is_file() and "deployctl" in _text(project, start):
        document = read(project, start)
        if document.prefix:
            yield document


def read(path: Path, start: Path) -> Document:
    """One file. Raises UsageError when it cannot be read or is not TOML."""
    shown = _shown(path, start)
    text = _text(path, start)
    try:
        data = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        raise UsageError(
            "this is not valid TOML",
            where=f"{shown}:{found[1]}" if found else shown,
            evidence=(str(error),),
            action="correct the line; strings need quotes, and a table's name may stand only once",
        ) from None
    except RecursionError:
        raise UsageError("this TOML is nested too deeply", where=shown) from None
    inner = data.get("tool", {}).get("deployctl") if path.name == "pyproject.toml" else None
    if isinstance(inner, dict):
        return Document(path, shown, inner, locate(text), _TOOL)
    return Document(path, shown, data if path.name != "pyproject.toml" else {}, locate(text))


def _text(path: Path, start: Path) -> str:
    try:
        return path.read_bytes().decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        what, where = "this file is not UTF-8", f"{_shown(path, start)}:{line}"
    except OSError as error:
        what, where = f"the configuration cannot be read: {error.strerror}", _shown(path, start)
    raise UsageError(what, where=where, action="name a readable file: --config FILE")


def _shown(path: Path, start: Path) -> str:
    return str(path.relative_to(start)) if path.is_relative_to(start) else str(path)
