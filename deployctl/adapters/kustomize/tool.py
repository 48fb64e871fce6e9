"""Which program renders: kubectl on PATH, kustomize on PATH, or the kubectl of the optional wheel."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from deployctl.model.errors import UsageError


def render_command() -> tuple[str, ...]:
    """The words before the flags and the folder. Raises UsageError when there is none of them."""
    if kubectl := shutil.which("kubectl"):
        return (kubectl, "kustomize")
    beside = Path(sys.executable).parent / "kubectl"  # the wheel puts it there; a venv's bin need not be on PATH
    if beside.is_file():
        return (str(beside), "kustomize")
    if kustomize := shutil.which("kustomize"):
        return (kustomize, "build")
    raise UsageError(
        "there is no kubectl to render the overlay with",
        where="PATH",
        action="install kubectl, or: pip install 'deployctl[kubectl]'",
    )
