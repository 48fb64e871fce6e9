"""The same tests on the sandbox and, marked `cluster`, on a real API server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from live_place import Place, kubeconfig_of, place_on

from deployctl.sandbox.process.inside import running_sandbox


@pytest.fixture(scope="session")
def sandbox_kubeconfig() -> Iterator[Path]:
    with running_sandbox() as sandbox:
        yield sandbox.kubeconfig


@pytest.fixture(params=["sandbox", pytest.param("real", marks=pytest.mark.cluster)])
def kubeconfig(request: pytest.FixtureRequest) -> Path:
    return kubeconfig_of(request)


@pytest.fixture
def place(kubeconfig: Path) -> Iterator[Place]:
    with place_on(kubeconfig) as place:
        yield place
