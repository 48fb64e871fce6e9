"""A copy of the example tree in a git repository of its own, and deployctl run in it as a user would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forked import run_deployctl

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "klinematrix"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
FOREIGN = ("DEPLOYCTL_", "AZURE_", *PROXIES, "KUBECONFIG", "GITHUB_", "CI")


@dataclass(frozen=True)
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of `--output json`."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def outcome(self) -> dict[str, Any]:
        last = self.events[-1]
        assert last["event"] == "outcome", self
        return last

    def named(self, event: str) -> list[dict[str, Any]]:
        return [e for e in self.events if e["event"] == event]


@dataclass(frozen=True)
class Tree:
    """A working copy and the variables with which its commands run."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *command: str, check: bool = False, stdin: str | None = None, timeout: float = 240) -> Result:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._variables(),
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        result = Result(done.returncode, done.stdout, done.stderr)
        assert not check or result.code == 0, (command, result)
        return result

    def deployctl(self, *arguments: str, timeout: float = 240) -> Result:
        """With a coverage of the installed program: a process of its own, no terminal."""
        ended = run_deployctl(*arguments, folder=self.folder, environment=self._variables(), timeout=timeout)
        return Result(ended.code, ended.out, ended.err)

    def _variables(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
        return {**kept, **self.environment}

    def json(self, *arguments: str, timeout: float = 240) -> Result:
        return self.deployctl(*arguments, "--output", "json", timeout=timeout)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return self.run("kubectl", *arguments, check=True, stdin=stdin).out

    def read(self, path: str) -> str:
        return (self.folder / path).read_text()

    def replace(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text, (path, old)
        (self.folder / path).write_text(text.replace(old, new))

    def diff(self) -> list[str]:
        """The changed lines of `git diff`, without context and heads."""
        lines = self.run("git", "diff", "--unified=0", check=True).out.splitlines()
        return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def copy_of_example(folder: Path, environment: Mapping[str, str]) -> Tree:
    """The example tree, committed."""
    shutil.copytree(EXAMPLE, folder)
    tree = Tree(folder, environment)
    tree.run("git", "init", "--quiet", check=True)
    tree.run("git", "config", "user.name", "tests", check=True)
    tree.run("git", "config", "user.email", "tests@example.com", check=True)
    tree.run("git", "add", ".", check=True)
    tree.run("git", "commit", "--quiet", "-m", "as it is in production", check=True)
    return tree
