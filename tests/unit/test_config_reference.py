"""The reference file: complete, current, and itself a configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli

from deployctl.config import load
from deployctl.config.reference import reference
from deployctl.config.schema import Table
from deployctl.config.tables import ROOT
from deployctl.model.environment import Deadlines, Policies, RegistryConfig
from deployctl.model.service import BuildArgument, Expectation, HealthCheck, WorkloadRef

FILE = Path(__file__).parents[2] / "docs" / "deployctl.reference.toml"


def shop(root: Path) -> Path:
    """The tree that the reference speaks of."""
    (root / "deploy/overlays/prod").mkdir(parents=True)
    (root / "deploy/overlays/prod/kustomization.yaml").write_text("resources: []\n")
    (root / "api").mkdir()
    (root / "api/Dockerfile").write_text("FROM scratch AS production\n")
    (root / "api/pyproject.toml").write_text('[project]\nversion = "1.0"\n')
    (root / "deployctl.toml").write_text(FILE.read_text())
    return root


def described(table: Table) -> Iterator[str]:
    """Every key of a table and those below, as TABLE.KEY."""
    yield from (f"{table.title}.{key.name}" for key in table.keys)
    for sub in table.tables:
        yield from described(sub.table)


def written(table: Table, data: Mapping[str, Any]) -> Iterator[str]:
    """Every key that a document has, by the same names."""
    yield from (f"{table.title}.{key.name}" for key in table.keys if key.name in data)
    for sub in table.tables:
        inner = data.get(sub.name, {})
        for body in inner.values() if sub.named else (inner,):
            yield from written(sub.table, body)


def test_the_file_is_what_the_schema_says() -> None:
    assert FILE.read_text() == reference(), "run: python -m deployctl.config.reference > docs/deployctl.reference.toml"


def test_no_key_is_missing_from_the_file() -> None:
    assert set(written(ROOT, tomli.loads(FILE.read_text()))) == set(described(ROOT))


def test_the_file_loads(tmp_path: Path) -> None:
    project = load(shop(tmp_path), None, {"HOME": "/home/me"})
    prod, api = project.environment("prod"), project.service("api")
    assert prod.registry == RegistryConfig("shop-a1b2c3.azurecr.io", "acr", name="shop", builder="acr")
    assert prod.policies == Policies(Deadlines())
    assert (prod.kubeconfig, prod.overlay) == (Path("/home/me/.kube/config-prod"), tmp_path / "deploy/overlays/prod")
    assert api.workloads == (WorkloadRef("Deployment", "api"), WorkloadRef("CronJob", "nightly"))
    assert api.source is not None
    assert api.source.arguments == (
        BuildArgument("NODE_ENV", "production"),
        BuildArgument("NPM_TOKEN", secret=True, unset="NPM_TOKEN"),
    )
    assert api.health == HealthCheck(
        path="/api/health",
        expect=(Expectation("status", "ok"), Expectation("dependencies.*.connected", True)),  # noqa: FBT003 (a value)
        version_field="version",
    )
    assert project.service("web").health == HealthCheck(path="/", format="html", contains="<title>Shop</title>")
