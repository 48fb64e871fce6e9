"""The working tree in git, by git itself: its hooks, signing and configuration are the user's."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from deployctl.model.errors import ReleaseFailed, UsageError
from deployctl.ports import TreeState

TIMEOUT = 120.0
"""Seconds; hooks of the user may run."""
NOWHERE = TreeState(commit="", branch="", dirty=())


@dataclass(frozen=True)
class _Done:
    code: int
    out: bytes
    said: tuple[str, ...]


class GitRepository:
    """The `Repository` port for the repository that `root` lies in; `root` may be outside of any."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def state(self) -> TreeState:
        """Raises UsageError when git refuses to look, as for a repository that is somebody else's."""
        if shutil.which("git") is None:
            return NOWHERE
        done = self._git(
            "--no-optional-locks", "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal"
        )
        if done.code == 0:
            top = self._git("rev-parse", "--show-toplevel").out.decode(errors="surrogateescape").rstrip("\n")
            return replace(parse_status(done.out), root=top)
        if any("not a git repository" in line for line in done.said):
            return NOWHERE
        raise UsageError("git cannot tell the state of the tree", where=str(self._root), evidence=done.said)

    def committed_since(self, moment: datetime, folder: Path) -> tuple[str, ...]:
        """By the committers' clocks."""
        if shutil.which("git") is None:
            return ()
        words = ("log", f"--since={moment.isoformat()}", "--format=", "--name-only", "--relative", "-z", "--", ".")
        done = self._git("-C", str(folder), *words)
        return tuple(sorted({name for name in os.fsdecode(done.out).split("\0") if name})) if done.code == 0 else ()

    def commit(self, paths: tuple[Path, ...], message: str) -> str:
        """When the paths hold nothing to commit, the commit they are in."""
        names = [str(path) for path in paths]
        if not self._insist("status", "--porcelain", "--", *names).out:
            return self._head()
        self._insist("add", "--intent-to-add", "--", *names)
        self._insist("commit", "--quiet", "--only", "--file=-", "--", *names, text=message)
        return self._head()

    def _head(self) -> str:
        return self._insist("rev-parse", "HEAD").out.decode().strip()

    def _insist(self, *arguments: str, text: str = "") -> _Done:
        done = self._git(*arguments, text=text)
        if done.code != 0:
            raise ReleaseFailed(
                f"git {arguments[0]} failed: {_reason(done)}",
                where=str(self._root),
                evidence=done.said[-20:],
                action=_action(done),
            )
        return done

    def _git(self, *arguments: str, text: str = "") -> _Done:
        words = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true", "GIT_LITERAL_PATHSPECS": "1"}
        try:
            done = subprocess.run(
                ["git", "-C", str(self._root), *arguments],
                input=text.encode(),
                capture_output=True,
                env={**os.environ, **words},
                timeout=TIMEOUT,
                check=False,
            )
        except FileNotFoundError:
            return _Done(127, b"", ("git is not installed",))
        except subprocess.TimeoutExpired:
            return _Done(124, b"", (f"git {arguments[0]} did not end within {TIMEOUT:.0f} s; a hook may be waiting",))
        said = (done.stderr + b"\n" + (done.stdout if done.returncode else b"")).decode(errors="replace")
        return _Done(done.returncode, done.stdout, tuple(line for line in said.splitlines() if line.strip()))


def parse_status(output: bytes) -> TreeState:
    """`git status --porcelain=v2 --branch -z`. A renamed path counts under its new name."""
    commit, branch, dirty = "", "", []
    fields = iter(output.decode(errors="surrogateescape").split("\0"))
    for line in fields:
        kind, _, rest = line.partition(" ")
        if kind == "#":
            name, _, value = rest.partition(" ")
            commit = value if name == "branch.oid" and value != "(initial)" else commit
            branch = value if name == "branch.head" and value != "(detached)" else branch
        elif kind == "?":
            dirty.append(rest)
        elif kind in _FIELDS_BEFORE_PATH:
            dirty.append(line.split(" ", _FIELDS_BEFORE_PATH[kind])[-1])
            if kind == "2":
                next(fields, None)  # where it was before
    return TreeState(commit, branch, tuple(dirty))


_FIELDS_BEFORE_PATH = {"1": 8, "2": 9, "u": 10}
"""git-status(1), "Porcelain Format Version 2"."""


def _reason(done: _Done) -> str:
    if any("tell me who you are" in line or "auto-detect email" in line for line in done.said):
        return "git does not know who commits"
    first = next(iter(done.said), f"exit status {done.code}")
    return first.removeprefix("fatal: ").removeprefix("error: ")


def _action(done: _Done) -> str:
    if _reason(done) == "git does not know who commits":
        return "git config user.name NAME; git config user.email ADDRESS; then commit the bump by hand"
    return "the bump is written; commit it by hand: git commit --only -- PATH"
