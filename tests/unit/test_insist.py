"""Several problems are told as one failure."""

from __future__ import annotations

import pytest

from deployctl.cli.insist import insist_none
from deployctl.model.errors import Problem, Refused, VerificationMismatch


@pytest.mark.parametrize("failure", [Refused, VerificationMismatch])
def test_the_first_problem_is_told_and_the_others_are_named(failure: type[Refused | VerificationMismatch]) -> None:
    first = Problem("no room", "pod/a", ("node1 has 100 Mi",), "lower the request", "NODE001")
    with pytest.raises(failure) as caught:
        insist_none(failure, (first, Problem("no secret"), Problem("no image")))
    evidence = ("node1 has 100 Mi", "also: no secret", "also: no image")
    assert caught.value.problem == Problem("no room", "pod/a", evidence, "lower the request", "NODE001")


def test_no_problem_is_no_failure() -> None:
    insist_none(Refused, ())
