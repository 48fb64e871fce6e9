"""On a real cluster: a release that cannot work costs nothing, and is refused with its cause in seconds."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from lab_backend import HEALTH, SERVE, LabBackend, lab_backend
from outside_probe import OutsideProbe, failed

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster-proofs")]

NAMESPACE = "proofs-e2e"
FIGURES = logging.getLogger("figures")
"""Shown by `pytest -o log_cli=true --log-cli-level=INFO`."""
GENEROUS = 20.0
"""Seconds that a refusal may take on a machine that does other things, too; on a quiet one it takes under 5."""


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabBackend]:
    """Version 1 serves; 2 would be as good, and 3 is for another processor."""
    backend = lab_backend(tmp_path_factory.mktemp("proofs") / "tree", NAMESPACE)
    backend.push("2.0.0", "--run", HEALTH % "ok" + SERVE)
    backend.push_for("arm64", "3.0.0")
    yield backend
    backend.tree.run("kubectl", "delete", "namespace", NAMESPACE, "--wait=false")


@dataclass(frozen=True)
class Case:
    """A fault, and what the refusal must say."""

    name: str
    version: str
    spoil: Callable[[LabBackend], object]
    finding: str
    incident: str
    words: str


def env(name: str, key: str) -> list[dict[str, Any]]:
    return [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}]


CASES = (
    Case("bad tag", "9.9.9", lambda _: None, "image-absent", "", "has no"),
    Case(
        "wrong password", "2.0.0", lambda b: b.pull_secret("not-it"), "pull-credentials-wrong", "ARCH001", "refuses the"
    ),
    Case(
        "no pull secret",
        "2.0.0",
        lambda b: b.kubectl("delete", "secret", "acr-secret"),
        "pull-secret-absent",
        "ARCH001",
        "acr-secret of deployment/backend does not exist",
    ),
    Case(
        "pull secret not referenced",
        "2.0.0",
        lambda b: b.change(spec={"imagePullSecrets": []}),
        "pull-secret-missing",
        "ARCH001",
        "names no pull secret",
    ),
    Case(
        "pull secret for another host",
        "2.0.0",
        lambda b: b.pull_secret(os.environ["LAB_PRIVATE_PASSWORD"], "other.example.com"),
        "pull-secret-other-host",
        "ARCH001",
        "acr-secret of deployment/backend has no login for",
    ),
    Case(
        "missing secret key",
        "2.0.0",
        lambda b: b.change(env=env("backend-secrets", "jwt-secret")),
        "secret-key-missing",
        "SECRET001",
        "has no key jwt-secret",
    ),
    Case(
        "request larger than any node",
        "2.0.0",
        lambda b: b.change(resources={"requests": {"memory": "40Gi"}, "limits": {"memory": "40Gi"}}),
        "no-room",
        "NODE001",
        "no node has room for deployment/backend, even after the old ones are gone",
    ),
    Case("image of another architecture", "3.0.0", lambda _: None, "image-architecture", "", "is for linux/arm64"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_release_that_cannot_work_is_refused_and_nobody_notices(
    case: Case, backend: LabBackend, outside: OutsideProbe
) -> None:
    case.spoil(backend)
    try:
        with outside.during() as seen:
            run = backend.run("release", "backend", "--yes", "--skip-build", "--version", case.version)
    finally:
        backend.restore()
    FIGURES.info(
        "%s: refused in %.2f s; %d of %d outside probes failed", case.name, run.seconds, failed(seen), len(seen)
    )
    plan = run.first("planned").event["plan"]
    refusals = [(r["id"], r["incident"]) for r in plan["refusals"]]
    assert (run.result.code, refusals) == (3, [(case.finding, case.incident)]), run.result
    assert case.words in plan["refusals"][0]["what"]
    assert len(seen) >= 5
    assert failed(seen) == 0
    assert run.seconds < GENEROUS


def test_what_was_refused_works_once_it_is_mended(backend: LabBackend, outside: OutsideProbe) -> None:
    """Else the refusals above would prove nothing."""
    run = backend.run("release", "backend", "--yes", "--skip-build", "--version", "2.0.0")
    assert run.result.code == 0, run.result
    assert outside.well()
    assert backend.run("rollback", "backend", "--yes").result.code == 0
    assert os.environ["LAB_PRIVATE_PASSWORD"] not in run.result.out + run.result.err
