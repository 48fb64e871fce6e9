"""The version that a project says it has, from the text of its version file."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from deployctl.model.errors import UsageError
from deployctl.model.json import dig

_WHERE = re.compile(r"\(at line (\d+), column \d+\)")
_BY_HAND = "or give the version on the command line: --version X.Y.Z"


def read_version(text: str, path: str) -> str:
    """The version in a pyproject.toml, a package.json or a plain file, told apart by the end of `path`.

    Raises UsageError, naming `path` and where possible the line, when there is none, or none that is written down.
    """
    content = text.removeprefix("\ufeff")
    if path.endswith(".toml"):
        return _checked(_from_pyproject(_toml(content, path), path), path)
    if path.endswith(".json"):
        return _checked(_from_package(_json(content, path), path), path)
    return _checked(_from_plain(content, path), path)


def chosen_version(asked: str, text: str, path: str) -> str:
    """The version that was asked for on the command line, or else the file's."""
    return _checked(asked, "--version") if asked else read_version(text, path)


def _toml(text: str, path: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _WHERE.search(str(error))
        where = f"{path}:{found[1]}" if found else path
        raise UsageError("this is not valid TOML", where=where, evidence=(str(error),), action=_BY_HAND) from None


def _json(text: str, path: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}"
        raise UsageError("this is not valid JSON", where=where, evidence=(str(error),), action=_BY_HAND) from None
    except RecursionError:
        raise UsageError("this JSON is nested too deeply", where=path, action=_BY_HAND) from None


def _from_pyproject(data: Mapping[str, Any], path: str) -> object:
    if "version" in (dig(data, "project", "dynamic") or ()):
        raise UsageError(
            "the version is dynamic: a build backend computes it, and deployctl runs none",
            where=f"{path}: project.dynamic",
            action='give what it prints, such as --version "$(hatch version)" or "$(python -m setuptools_scm)"',
        )
    if dig(data, "tool", "poetry-dynamic-versioning", "enable") is True:
        raise UsageError(
            "the version is dynamic: poetry-dynamic-versioning computes it",
            where=f"{path}: tool.poetry-dynamic-versioning",
            action='give it: --version "$(poetry version --short)"',
        )
    for table in (("project",), ("tool", "poetry")):
        found = dig(data, *table, "version")
        if found is not None:
            return found
    raise UsageError(
        "there is no version", where=path, action=f"set `version` under [project] or [tool.poetry], {_BY_HAND}"
    )


def _from_package(data: object, path: str) -> object:
    found = dig(data, "version")
    if found is None:
        raise UsageError("there is no version", where=path, action=f'set "version", {_BY_HAND}')
    return found


def _from_plain(text: str, path: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    words = [line for line in lines if line and not line.startswith("#")]
    if len(words) == 1:
        return words[0]
    what = "this file is empty" if not words else f"this file holds {len(words)} lines, and should hold only a version"
    raise UsageError(
        what, where=path, action=f"name a pyproject.toml, a package.json or a file with one line, {_BY_HAND}"
    )


def _checked(found: object, where: str) -> str:
    if not isinstance(found, str):
        raise UsageError(f"the version is not text: {found!r}", where=where, action="put it in quotes")
    version = found.strip()
    if not version or any(c.isspace() or not c.isprintable() for c in version):
        raise UsageError(f"this is not a version: {found!r}", where=where, action="write one word, such as 1.2.3")
    return version
