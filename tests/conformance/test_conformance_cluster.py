"""The sandbox answers as the real cluster does, but for the listed differences."""

from __future__ import annotations

import pytest
from conformance.comparing.both import Both
from conformance.comparing.listed import Listed, unused
from conformance.comparing.outcomes import AGAIN, OUTCOMES
from conformance.procedures import ALL

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("conformance")]


@pytest.mark.parametrize("name", [procedure.name for procedure in ALL])
def test_both_clusters_answer_alike(procedures: Both, listed: tuple[Listed, ...], name: str) -> None:
    """A real cluster on a busy machine answers now and then as it does on no other day, so a procedure that differs is
    put to both again, alone; a sandbox that is wrong is so each time."""
    outcome = procedures.pairs[name].outcome(listed)
    if outcome.differences:
        outcome = procedures.alone(name).outcome(listed)
        AGAIN.extend(() if outcome.differences else (name,))
    OUTCOMES.append(outcome)

    assert not outcome.differences, "\n" + "\n".join(map(str, outcome.differences))


def test_hardly_any_procedure_had_to_be_put_twice() -> None:
    assert len(AGAIN) <= len(ALL) // 10, AGAIN


def test_every_listed_difference_still_shows(procedures: Both, listed: tuple[Listed, ...]) -> None:
    used = [entry for pair in procedures.pairs.values() for entry in pair.outcome(listed).used]

    assert unused(listed, used) == []
