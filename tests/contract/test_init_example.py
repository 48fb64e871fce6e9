"""`init` on the example's tree, with the real kustomize: what it proposes is what the example has."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from deployctl.adapters.kustomize.renderer import KustomizeRenderer
from deployctl.config import load
from deployctl.config.initialise import propose
from deployctl.model.environment import Environment
from deployctl.model.service import Expectation

EXAMPLE = Path(__file__).parents[2] / "examples" / "klinematrix"

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl on PATH")


def comparable(environment: Environment) -> Environment:
    """Without what only a person can know, and what the proposal reads from an ingress that is inherited."""
    registry = replace(environment.registry, name=environment.registry.name.lower())
    return replace(environment, kubeconfig=None, extra_tag_templates=(), url="", registry=registry)


def test_the_proposal_says_what_its_owner_wrote(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(EXAMPLE, tree)
    written = load(tree, None, {})
    proposal = propose(tree, KustomizeRenderer(), {"HOME": str(tmp_path)})
    (tree / "deployctl.toml").write_text(proposal.text)
    found = load(tree, None, {})
    assert {e.name: comparable(e) for e in found.environments} == {e.name: comparable(e) for e in written.environments}
    assert found.environment("prod").url == written.environment("prod").url
    assert [(s.name, s.image, s.workloads, s.version_file) for s in found.services] == [
        (s.name, s.image, s.workloads, s.version_file) for s in written.services
    ]
    backend = found.service("backend").health
    assert backend is not None
    assert (backend.path, backend.expect) == ("/api/health", (Expectation("status", "ok"),))
    frontend = found.service("frontend").health
    assert frontend is not None
    assert (frontend.path, frontend.format) == ("/", "html")


def test_what_does_not_work_as_it_is_is_said(tmp_path: Path) -> None:
    proposal = propose(EXAMPLE, KustomizeRenderer(), {"HOME": str(tmp_path)})
    said = {(guess.key, guess.evidence) for guess in proposal.guesses}
    assert ("environments.prod.kustomize_flags", "without it, kustomize refuses to build the overlay") in said
    renamed = "financialagent-gxftdbbre4gtegea.azurecr.io/klinematrix/backend:test-v0.8.5"
    nothing = f"its entry in .pipeline/k8s/overlays/test matches nothing, for a base has renamed it to {renamed}"
    assert ("services.backend.image", nothing) in said
