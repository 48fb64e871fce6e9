"""The small tree that configurations are tried on."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployctl.config import load
from deployctl.model.environment import Project
from deployctl.model.errors import Problem, UsageError

SMALL = """\
[registry]
login_server = "shop-x1.azurecr.io"

[environments.prod]
namespace = "shop-prod"
overlay = "deploy"

[services.api]
image = "shop/api"
workloads = ["deployment/api"]
"""


def plant(root: Path) -> Path:
    """A tree that SMALL fits, and SMALL in it; returns the root."""
    (root / "deploy").mkdir()
    (root / "deploy/kustomization.yml").write_text("resources: []\n")
    (root / "api").mkdir()
    (root / "api/Dockerfile").write_text("FROM scratch\n")
    (root / "api/VERSION").write_text("1.0\n")
    (root / "deployctl.toml").write_text(SMALL)
    return root


def loaded(tree: Path, text: str = SMALL, **environ: str) -> Project:
    (tree / "deployctl.toml").write_text(text)
    return load(tree, None, {"HOME": "/home/me", **environ})


def refused(tree: Path, text: str = SMALL, **environ: str) -> Problem:
    with pytest.raises(UsageError) as caught:
        loaded(tree, text, **environ)
    return caught.value.problem
