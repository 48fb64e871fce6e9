"""A production of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rehearsal import Rehearsal, rehearsal


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Rehearsal]:
    with rehearsal(tmp_path) as subject:
        yield subject
