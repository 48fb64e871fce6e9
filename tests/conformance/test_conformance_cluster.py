"""The sandbox answers as the real cluster does, but for the listed differences."""

from __future__ import annotations

import pytest
from conformance.comparing.both import Pair
from conformance.comparing.listed import Listed, unused
from conformance.comparing.outcomes import OUTCOMES
from conformance.procedures import ALL

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("conformance")]


@pytest.mark.parametrize("name", [procedure.name for procedure in ALL])
def test_both_clusters_answer_alike(pairs: dict[str, Pair], listed: tuple[Listed, ...], name: str) -> None:
    outcome = pairs[name].outcome(listed)
    OUTCOMES.append(outcome)

    assert not outcome.differences, "\n" + "\n".join(map(str, outcome.differences))


def test_every_listed_difference_still_shows(pairs: dict[str, Pair], listed: tuple[Listed, ...]) -> None:
    used = [entry for pair in pairs.values() for entry in pair.outcome(listed).used]

    assert unused(listed, used) == []
