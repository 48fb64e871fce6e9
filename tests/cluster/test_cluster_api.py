"""Some 400 calls to a real API server and to the sandbox, answer by answer; differences have reasons in the data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_comparison import NAMESPACE, Side, Step, differences, steps
from served_api import served_api

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster-api")]


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    with served_api(tmp_path, controllers=True) as served:
        real, sandbox = Side(Path(os.environ["KUBECONFIG"])), Side(served.kubeconfig())
        for side in (real, sandbox):
            side.prepare()
        yield real, sandbox
        real.answer(Step("DELETE", f"/api/v1/namespaces/{NAMESPACE}"))


@pytest.mark.parametrize("file", ["objects.yaml", "edges.yaml"])
def test_the_sandbox_answers_as_the_real_server_does(
    sides: tuple[Side, Side], file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = steps(file)
    found = list(differences(*sides, planned))
    calls = sum(1 for step in planned if step.method)
    with capsys.disabled():
        print(f"\n{file}: {calls} calls compared, {len(found)} differ for a reason that is listed")  # noqa: T201 - figures for who asks for them by -s
    unexplained = [f"{step}\n{diff}" for step, diff in found if not step.differs]
    assert not unexplained, "\n\n".join(unexplained)
