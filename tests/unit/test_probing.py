"""What probes come to: seconds not served, wrong answers, the version switch; and how often one may ask."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.model.http import NoResponse, Response
from deployctl.model.probing import AnswerKind, Sample, measure
from deployctl.model.rules.health import judge_health
from deployctl.model.rules.probing import answer_kind, probe_interval, version_in
from deployctl.model.service import Expectation, HealthCheck

CHECK = HealthCheck("/health", expect=(Expectation("status", "ok"),))
URL = "https://example.com/health"
KINDS: dict[str, AnswerKind] = {"g": "good", "u": "unserved", "w": "wrong"}


def samples(text: str) -> tuple[Sample, ...]:
    """One letter a half second; a digit after a letter is the document's version."""
    found: list[Sample] = []
    for letter in text:
        if letter in KINDS:
            found.append(Sample(len(found) * 0.5, KINDS[letter]))
        else:
            found[-1] = Sample(found[-1].at, found[-1].kind, letter)
    return tuple(found)


@pytest.mark.parametrize(
    ("text", "unserved", "wrong"),
    [
        ("", 0.0, 0.0),
        ("gggg", 0.0, 0.0),
        ("gug", 0.5, 0.0),
        ("guug", 1.0, 0.0),
        ("gugwg", 0.5, 0.5),
        ("uug", 1.0, 0.0),
        ("guu", 0.5, 0.0),
        ("guwwg", 0.5, 1.0),
    ],
)
def test_a_bad_answer_counts_until_the_next_probe(text: str, unserved: float, wrong: float) -> None:
    found = measure(samples(text))
    assert (found.unserved, found.wrong, found.seconds) == (unserved, wrong, unserved + wrong)


@pytest.mark.parametrize(
    ("text", "ready_at", "switched"),
    [
        ("g7g7ug8g8", None, 1.5),
        ("g7g7ug7g7", None, None),
        ("ggugg", None, None),
        ("ggugg", 1.0, 1.5),
        ("g7g7ug7g7", 1.2, 1.5),
        ("gguu", 1.0, None),
    ],
)
def test_the_switch_is_told_by_the_document_or_by_the_pods(
    text: str, ready_at: float | None, switched: float | None
) -> None:
    assert measure(samples(text), ready_at).switched == switched


def test_what_fails_after_a_pod_was_called_ready_is_counted_apart() -> None:
    assert measure(samples("guuug"), ready_at=0.9).later == 1.0
    assert measure(samples("guuug")).later == 0.0


@given(st.text(alphabet="guw", max_size=40))
def test_the_parts_never_exceed_the_time_that_was_probed(text: str) -> None:
    found = measure(samples(text))
    assert 0.0 <= found.seconds <= max(0.0, (len(text) - 1) * 0.5)


def json_answer(body: Any, status: int = 200) -> Response:
    return Response(status, "application/json", json.dumps(body).encode(), URL)


def page(status: int, body: bytes = b"") -> Response:
    return Response(status, "text/html", body, URL)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (json_answer({"status": "ok"}), "good"),
        (json_answer({"status": "degraded"}), "wrong"),
        (json_answer({}, 500), "wrong"),
        (page(503, b"<center>nginx</center>"), "unserved"),
        (page(502, b""), "unserved"),
        (page(404, b"default backend - 404"), "unserved"),
        (json_answer({"detail": "no such path"}, 404), "wrong"),
        (NoResponse("refused", ""), "unserved"),
    ],
)
def test_errors_of_the_ingress_are_no_service(answer: Response | NoResponse, kind: AnswerKind) -> None:
    assert answer_kind(answer, judge_health(answer, CHECK)) == kind


def test_a_version_is_read_where_the_check_says_or_at_the_top() -> None:
    named = HealthCheck("/health", version_field="app.version")
    assert version_in(json_answer({"version": "0.1.0"}), CHECK) == "0.1.0"
    assert version_in(json_answer({"app": {"version": "2"}, "version": "1"}), named) == "2"
    assert version_in(page(200, b"<html>"), CHECK) == ""
    assert version_in(NoResponse("refused", ""), CHECK) == ""


@pytest.mark.parametrize("health_interval", [0.4, 0.5, 1.0, 2.0, 60.0])
def test_probes_and_health_requests_stay_below_the_rate_limit(health_interval: float) -> None:
    a_minute = 60 / probe_interval(health_interval) + 60 / health_interval
    assert a_minute <= 200


def test_probes_come_twice_a_second_where_that_is_allowed() -> None:
    assert [probe_interval(asked) for asked in (1.0, 0.2)] == [0.5, 0.5]
