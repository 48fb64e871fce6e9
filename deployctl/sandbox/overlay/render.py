"""Rendering a kustomization with kubectl or kustomize, the reference implementations."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import yaml

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.process.seed import read_documents


class OverlayError(ValueError):
    """An overlay that does not render; the message is the renderer's."""


def render(folder: Path, flags: Sequence[str]) -> list[Object]:
    """Raises OverlayError."""
    command = renderer(folder, flags)
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise OverlayError(f"{' '.join(command)} failed:\n{answer.stderr.strip()}")
    try:
        return read_documents(answer.stdout)
    except yaml.YAMLError as error:
        raise OverlayError(f"{' '.join(command)} printed no YAML: {error}") from error


def renderer(folder: Path, flags: Sequence[str]) -> list[str]:
    """The command. Raises OverlayError when neither program is there."""
    if kubectl := shutil.which("kubectl"):
        return [kubectl, "kustomize", *flags, str(folder)]
    if kustomize := shutil.which("kustomize"):
        return [kustomize, "build", *flags, str(folder)]
    raise OverlayError("neither kubectl nor kustomize is on PATH; install one, or deployctl[kubectl]")
