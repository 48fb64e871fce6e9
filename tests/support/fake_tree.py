"""Files, rendering and git in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from deployctl.model.errors import DeployError, UsageError
from deployctl.model.manifest import Manifest
from deployctl.ports import Rendered, TreeState

Build = Callable[[Mapping[Path, str]], tuple[Manifest, ...]]


class FakeFiles:
    """Texts by path. `refuses` is raised by every write while it is set."""

    def __init__(self, texts: Mapping[Path, str]) -> None:
        self.texts = dict(texts)
        self.written: list[Path] = []
        self.refuses: DeployError | None = None

    def exists(self, path: Path) -> bool:
        return path in self.texts

    def read(self, path: Path) -> str:
        if path not in self.texts:
            raise UsageError("the file cannot be read: No such file or directory", where=str(path))
        return self.texts[path]

    def write(self, path: Path, text: str) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.written.append(path)
        self.texts[path] = text


class FakeRenderer:
    """Makes objects of the files' texts, the edits in their place."""

    def __init__(self, files: FakeFiles, build: Build, warnings: tuple[str, ...] = ()) -> None:
        self._files = files
        self._build = build
        self._warnings = warnings

    def render(self, overlay: Path, flags: tuple[str, ...], edits: Mapping[Path, str]) -> Rendered:
        return Rendered(self._build({**self._files.texts, **edits}), self._warnings)


class FakeRepository:
    """A clean tree on a branch; commits are numbered."""

    def __init__(self, state: TreeState = TreeState("0" * 40, "main", ())) -> None:  # noqa: B008 - frozen
        self._state = state
        self.commits: list[tuple[tuple[Path, ...], str]] = []
        self.since: tuple[str, ...] = ()
        """What commits have touched after any moment."""

    def state(self) -> TreeState:
        return self._state

    def committed_since(self, moment: datetime, folder: Path) -> tuple[str, ...]:
        return self.since

    def commit(self, paths: tuple[Path, ...], message: str) -> str:
        self.commits.append((paths, message))
        self._state = TreeState(f"{len(self.commits):040d}", self._state.branch, self._state.dirty)
        return self._state.commit
