"""The procedures on both clusters, once a run, and what the run says of itself in the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from conformance.comparing.both import Both
from conformance.comparing.clusters import both
from conformance.comparing.listed import Listed, read
from conformance.comparing.outcomes import AGAIN, OUTCOMES
from conformance.procedures import ALL

FILE = Path(__file__).with_name("differences.toml")


@pytest.fixture(scope="session")
def listed() -> tuple[Listed, ...]:
    return read(FILE)


@pytest.fixture(scope="session")
def procedures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Every procedure under way; `DEPLOYCTL_LAB` is the program that makes the real cluster's images."""
    if "DEPLOYCTL_LAB" not in os.environ:
        pytest.fail("run by scripts/cluster-test, which sets DEPLOYCTL_LAB and KUBECONFIG")
    with both(tmp_path_factory.mktemp("conformance")) as (real, sandbox), closing(Both(ALL, real, sandbox)) as running:
        yield running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not OUTCOMES:
        return
    answers = sum(outcome.answers for outcome in OUTCOMES)
    terminalreporter.write_line(
        f"conformance: {answers} answers of {len(OUTCOMES)} procedures compared with the real cluster's, "
        f"{len(read(FILE))} listed differences"
    )
    if AGAIN:
        terminalreporter.write_line(f"conformance: agreed only alone, when nothing else ran: {', '.join(AGAIN)}")
