"""The sandbox against answers recorded on a real API server (tests/cluster/test_cluster_fields.py makes them)."""

from __future__ import annotations

import pytest
from schema_cases import (
    Object,
    Refusal,
    created_objects,
    kind_of,
    recorded_answers,
    recorded_steps,
    refusals,
    sandbox_creates,
    sandbox_refuses,
    sandbox_steps,
    shown,
    step_cases,
    title,
)

STEPS = step_cases()


@pytest.mark.parametrize("obj", created_objects(), ids=title)
def test_an_object_reads_back_as_it_did_on_the_real_server(obj: Object) -> None:
    assert sandbox_creates(obj) == recorded_answers()["created"][title(obj)]


@pytest.mark.parametrize("case", refusals(), ids=lambda c: c.name)
def test_a_bad_object_is_refused_as_the_real_server_refused_it(case: Refusal) -> None:
    recorded = recorded_answers()["refused"][case.name]

    assert [list(cause) for cause in sandbox_refuses(case)] == recorded


@pytest.mark.parametrize("name", STEPS)
def test_every_write_leaves_what_it_left_on_the_real_server(name: str) -> None:
    steps, recorded = STEPS[name], recorded_steps()[name]
    kind = kind_of(next(s.body for s in steps if isinstance(s.body, dict) and "kind" in s.body))

    for number, (step, (live, answer)) in enumerate(zip(steps, recorded, strict=True)):
        assert shown(sandbox_steps(kind, live, step)) == answer, f"step {number}"
