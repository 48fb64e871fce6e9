"""What several tests on the real cluster look with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lab_backend import LabBackend
from outside_probe import OutsideProbe


@pytest.fixture(scope="module")
def outside(backend: LabBackend) -> Iterator[OutsideProbe]:
    """A visitor of the module's backend, all along."""
    with OutsideProbe(f"{backend.tree.environment['DEPLOYCTL_URL']}/api/health") as probe:
        assert probe.well()
        yield probe
