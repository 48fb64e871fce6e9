"""Verdicts on HTTP answers: good, or the field that differs with what was wanted and what was found."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.model.http import NoAnswer, NoResponse, Response
from deployctl.model.rules.health import Verdict, judge_health
from deployctl.model.service import Expectation, HealthCheck

DOCUMENT = {
    "status": "ok",
    "environment": "production",
    "version": "0.1.0",
    "dependencies": {"mongodb": {"connected": True}, "redis": {"connected": True}},
}
CONNECTED = Expectation("dependencies.*.connected", value=True)
CHECK = HealthCheck("/api/health", expect=(Expectation("status", "ok"), CONNECTED))
PAGE = b"<!doctype html><html><body><div id='root'></div></body></html>"


def answer(body: object, *, status: int = 200, kind: str = "application/json") -> Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, kind, raw, "https://shop.example/api/health")


def test_the_expected_document_is_good() -> None:
    assert judge_health(answer(DOCUMENT), CHECK) == Verdict(
        good=True, detail='200 status "ok", dependencies.*.connected true'
    )


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"status": "degraded"}, 'status is "degraded", wanted "ok"'),
        ({"status": None}, 'status is null, wanted "ok"'),
        ({"status": ["ok"]}, 'status is ["ok"], wanted "ok"'),
        ({"dependencies": {}}, "dependencies.* matches nothing, wanted true"),
        ({"dependencies": "none"}, 'dependencies.* its parent is "none", wanted true'),
        ({"dependencies": {"mongodb": {"connected": 1}}}, "dependencies.mongodb.connected is 1, wanted true"),
        ({"dependencies": {"mongodb": {"connected": "true"}}}, 'dependencies.mongodb.connected is "true", wanted true'),
        ({"dependencies": {"mongodb": {}}}, "dependencies.mongodb.connected is missing, wanted true"),
        (
            {"dependencies": {"mongodb": None}},
            "dependencies.mongodb.connected is missing (its parent is null), wanted true",
        ),
        (
            {"dependencies": {"mongodb": {"connected": False}, "redis": {"connected": False}}, "status": "degraded"},
            'status is "degraded", wanted "ok"; dependencies.mongodb.connected is false, wanted true; '
            "dependencies.redis.connected is false, wanted true",
        ),
    ],
)
def test_a_field_that_differs_is_named_with_what_was_wanted_and_found(change: dict[str, object], detail: str) -> None:
    assert judge_health(answer({**DOCUMENT, **change}), CHECK) == Verdict(good=False, detail=detail)


def test_elements_of_a_list_are_reached_by_star_and_by_number() -> None:
    check = HealthCheck("/", expect=(Expectation("checks.*.ok", value=True), Expectation("checks.1.name", "redis")))
    good = {"checks": [{"name": "mongodb", "ok": True}, {"name": "redis", "ok": True}]}
    assert judge_health(answer(good), check).good
    assert judge_health(answer({"checks": [{"name": "m", "ok": False}]}), check).detail == (
        'checks.0.ok is false, wanted true; checks.1 is missing, wanted "redis"'
    )


def test_the_version_is_compared_only_where_a_field_is_configured() -> None:
    assert judge_health(answer(DOCUMENT), CHECK, "0.8.8").good
    check = HealthCheck("/api/health", version_field="version")
    assert judge_health(answer(DOCUMENT), check, "0.8.8").detail == 'version is "0.1.0", wanted "0.8.8"'
    assert judge_health(answer(DOCUMENT), check, "0.1.0").good


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", ""])
def test_html_where_json_is_expected_is_said(kind: str) -> None:
    verdict = judge_health(answer(PAGE, kind=kind), CHECK)
    assert (verdict.good, verdict.incident) == (False, "INGRESS001")
    assert verdict.detail.startswith("HTML where JSON was expected")


def test_json_without_its_content_type_is_json() -> None:
    assert judge_health(answer(DOCUMENT, kind="text/plain"), CHECK).good


@pytest.mark.parametrize(
    ("status", "body", "detail"),
    [
        (502, b"<center>nginx</center>", "status 502, wanted 200: the ingress reaches no healthy backend"),
        (503, b"", "status 503, wanted 200: the ingress has no Ready endpoint"),
        (504, b"", "status 504, wanted 200: the backend did not answer"),
        (404, b"default backend - 404", "status 404, wanted 200: the ingress has no rule for this host and path"),
        (
            404,
            b"<center><h1>404 Not Found</h1></center><center>nginx</center>",
            "status 404, wanted 200",
        ),
        (404, b"404 page not found\n", "status 404, wanted 200: the ingress has no rule"),
    ],
)
def test_an_answer_of_the_ingress_itself_is_an_incident_of_the_ingress(status: int, body: bytes, detail: str) -> None:
    verdict = judge_health(answer(body, status=status, kind="text/html"), CHECK)
    assert verdict.detail.startswith(detail)
    assert (verdict.good, verdict.incident) == (False, "INGRESS001")


def test_a_404_of_the_application_is_its_own() -> None:
    verdict = judge_health(answer({"detail": "Not Found"}, status=404), CHECK)
    assert verdict == Verdict(good=False, detail='status 404, wanted 200: {"detail": "Not Found"}')


def test_another_status_can_be_the_wanted_one() -> None:
    check = HealthCheck("/", format="html", status=204)
    assert judge_health(answer(b"", status=200, kind="text/html"), check).detail == "status 200, wanted 204"


def test_a_page_is_checked_for_its_kind_and_its_text() -> None:
    check = HealthCheck("/", format="html", contains='id="root"')
    page = b'<html><div id="root"></div></html>'
    assert judge_health(answer(page, kind="text/html; charset=utf-8"), check).good
    assert judge_health(answer(PAGE, kind="text/html"), check).detail.startswith("the page does not contain")
    assert judge_health(answer(DOCUMENT), check).detail.startswith("content type application/json, wanted text/html")


def test_what_is_found_is_shown_without_secrets() -> None:
    leaky = {"status": "mongodb://root:hunter2@mongo/db"}
    assert "hunter2" not in judge_health(answer(leaky), CHECK).detail
    assert "hunter2" not in judge_health(answer(b"password=hunter2", status=500), CHECK).detail


@pytest.mark.parametrize(
    ("kind", "incident"), [("dns", "INGRESS001"), ("refused", "INGRESS001"), ("tls", "CERT001"), ("reset", "")]
)
def test_no_answer_is_bad_and_points_at_a_page(kind: NoAnswer, incident: str) -> None:
    verdict = judge_health(NoResponse(kind, "details"), CHECK)
    assert (verdict.good, verdict.incident) == (False, incident)
    assert verdict.detail.endswith(": details")


@given(st.binary(max_size=200), st.sampled_from([200, 204, 301, 404, 500, 503]), st.text(max_size=30))
def test_no_answer_whatsoever_raises(body: bytes, status: int, kind: str) -> None:
    verdict = judge_health(Response(status, kind, body, "u"), CHECK)
    assert not verdict.good
    assert verdict.detail


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)


@given(JSON, st.lists(st.sampled_from(["a", "b", "*", "0"]), min_size=1, max_size=3), VALUES)
def test_a_path_is_good_only_when_all_it_reaches_is_equal(
    document: object, path: list[str], value: str | int | bool | None
) -> None:
    check = HealthCheck("/", expect=(Expectation(".".join(path), value),))
    assert judge_health(answer(document), check).good == _all_equal(document, path, value)


def _all_equal(document: object, path: list[str], value: object) -> bool:
    """The same, said naively."""
    if not path:
        return document == value and isinstance(document, bool) == isinstance(value, bool)
    head, rest = path[0], path[1:]
    if isinstance(document, dict):
        children = list(document.values()) if head == "*" else [document[head]] if head in document else []
    elif isinstance(document, list):
        children = document if head == "*" else document[int(head) : int(head) + 1] if head.isdecimal() else []
    else:
        children = []
    return bool(children) and all(_all_equal(child, rest, value) for child in children)
