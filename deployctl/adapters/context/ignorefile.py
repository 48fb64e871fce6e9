"""Finding the rules of a context, and the .dockerignore that travels with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deployctl.model.dockerignore import BadIgnoreFile, IgnoreRules, parse_dockerignore
from deployctl.model.errors import UsageError

NAME = ".dockerignore"
WRITTEN = b"# Written by deployctl: what these rules left out was never uploaded.\n"


@dataclass(frozen=True)
class IgnoreFile:
    """The rules in force. `path` is None when there is no file."""

    rules: IgnoreRules
    path: Path | None = None
    content: bytes = b""


def read_ignore_file(context: Path, dockerfile: Path) -> IgnoreFile:
    """`<Dockerfile>.dockerignore` beside the Dockerfile, else `.dockerignore` of the context, as BuildKit looks.

    Raises UsageError, with the line, for rules that no Docker would take.
    """
    for path in (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), context / NAME):
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise UsageError(f"it cannot be read: {error.strerror}", where=str(path)) from error
        return IgnoreFile(_parsed(path, content), path, content)
    return IgnoreFile(IgnoreRules())


def travelling(ignore: IgnoreFile, context: Path, hidden: frozenset[str], added: str) -> bytes | None:
    """The .dockerignore for the archive, which the builder applies again; None when there need be none.

    The context's own one is sent as it is, so that a build sees what Docker would show it. Where a second application
    could take away more (rules from another file; `!**/x`, which the classic builder does not follow into folders), one
    is sent that only keeps build files from being copied into the image: `hidden`, which the rules ignore but the
    builder needs, and `added`, a Dockerfile from outside.
    """
    if ignore.path is None and not added:
        return None
    if ignore.path == context / NAME and not ignore.rules.wildcard_negations:
        ending = b"" if ignore.content.endswith(b"\n") or not ignore.content else b"\n"
        return ignore.content + (ending + _lines(added) if added else b"")
    return WRITTEN + _lines(*sorted(hidden | {NAME}), *([added] if added else []))


def _lines(*names: str) -> bytes:
    return b"".join(escaped(name).encode("utf-8", "surrogateescape") + b"\n" for name in names)


def escaped(name: str) -> str:
    """A pattern that matches just this name."""
    plain = "".join(f"\\{sign}" if sign in "*?[]\\" else sign for sign in name)
    return f"/{plain}"


def _parsed(path: Path, content: bytes) -> IgnoreRules:
    try:
        return parse_dockerignore(content)
    except BadIgnoreFile as error:
        where = f"{path}:{error.line}"
        raise UsageError(f"{error.reason}: {error.text}", where=where, action="correct the pattern") from error
