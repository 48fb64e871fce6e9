"""Faults at the API server: data that matches requests, each as a client meets it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from served_api import JANE, MERGE, ServedApi, config_map, served_api

from deployctl.sandbox.faults import FaultBoard

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def board() -> FaultBoard:
    return FaultBoard()


@pytest.fixture
def api(tmp_path: Path, board: FaultBoard) -> Iterator[ServedApi]:
    with served_api(tmp_path, faults=board) as served:
        served.call("POST", MAPS, config_map("a", x="1"))
        yield served


def test_an_error_hits_what_it_matches_as_often_as_it_says(api: ServedApi, board: FaultBoard) -> None:
    board.add("api-error", {"status": 429, "retry_after": 7, "verb": "list", "resource": "config*", "times": 2})
    assert api.call("GET", f"{MAPS}/a").status == 200
    throttled = api.call("GET", MAPS)
    assert (throttled.status, throttled.headers["Retry-After"], throttled.body) == (
        429,
        "7",
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": "Too many requests, please try again later.",
            "reason": "TooManyRequests",
            "details": {"kind": "configmaps", "retryAfterSeconds": 7},
            "code": 429,
        },
    )
    assert [api.call("GET", MAPS).status for _ in range(2)] == [429, 200]


def test_an_error_may_be_for_one_user_with_words_of_its_own(api: ServedApi, board: FaultBoard) -> None:
    board.add("api-error", {"status": 500, "user": "jane", "message": "etcdserver: request timed out"})
    assert api.call("GET", MAPS, token=JANE).body["message"] == "etcdserver: request timed out"
    assert api.call("GET", MAPS).status == 200


def test_a_late_answer_is_late(api: ServedApi, board: FaultBoard) -> None:
    board.add("api-latency", {"seconds": 0.3, "path": "*/configmaps/a"})
    started = time.monotonic()
    assert api.call("GET", f"{MAPS}/a").status == 200
    assert time.monotonic() - started >= 0.3


def test_a_dropped_connection_has_no_answer_and_is_logged_as_such(api: ServedApi, board: FaultBoard) -> None:
    board.add("api-drop", {"verb": "get", "times": 1})
    with pytest.raises(urllib3.exceptions.ProtocolError):
        api.call("GET", f"{MAPS}/a")
    assert api.call("GET", f"{MAPS}/a").status == 200
    assert [r.status for r in api.log.where(verb="get", name="a")] == [0, 200]


def test_an_answer_may_break_off_in_the_middle(api: ServedApi, board: FaultBoard) -> None:
    board.add("api-drop", {"verb": "list", "after_bytes": 40})
    with pytest.raises(urllib3.exceptions.ProtocolError):
        api.call("GET", MAPS)


def test_a_conflict_meets_writes_only_and_changes_nothing(api: ServedApi, board: FaultBoard) -> None:
    board.add("api-conflict", {"resource": "configmaps", "times": 1})
    assert api.call("GET", f"{MAPS}/a").status == 200
    refused = api.call("PATCH", f"{MAPS}/a", {"data": {"x": "2"}}, content_type=MERGE)
    assert (refused.status, refused.body["message"]) == (
        409,
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to '
        "the latest version and try again",
    )
    assert api.get(f"{MAPS}/a")["data"] == {"x": "1"}
    assert api.call("PATCH", f"{MAPS}/a", {"data": {"x": "2"}}, content_type=MERGE).status == 200


def test_a_stale_read_shows_the_world_as_it_was(api: ServedApi, board: FaultBoard) -> None:
    old = api.get(f"{MAPS}/a")["metadata"]["resourceVersion"]
    time.sleep(0.2)
    api.call("PATCH", f"{MAPS}/a", {"data": {"x": "2"}}, content_type=MERGE)
    board.add("api-stale-read", {"seconds": 0.15, "resource": "configmaps"})
    seen = api.get(f"{MAPS}/a")
    listed = next(m for m in api.get(MAPS)["items"] if m["metadata"]["name"] == "a")
    assert [(m["data"], m["metadata"]["resourceVersion"]) for m in (seen, listed)] == [({"x": "1"}, old)] * 2
    time.sleep(0.2)
    assert api.get(f"{MAPS}/a")["data"] == {"x": "2"}


def test_a_watch_may_be_told_that_it_is_too_old(api: ServedApi, board: FaultBoard) -> None:
    board.add("watch-expired", {"times": 1})
    event = api.call("GET", f"{MAPS}?watch=true&resourceVersion=7&timeoutSeconds=1").events[0]
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")


def test_a_watch_may_end_early(api: ServedApi, board: FaultBoard) -> None:
    board.add("watch-drop", {"seconds": 0.1})
    started = time.monotonic()
    assert api.call("GET", f"{MAPS}?watch=true&timeoutSeconds=30").events
    assert time.monotonic() - started < 25


def test_a_lost_answer_was_carried_out(api: ServedApi, board: FaultBoard) -> None:
    board.add("api-lost-answer", {"verb": "create", "times": 1})
    with pytest.raises(urllib3.exceptions.ProtocolError):
        api.call("POST", MAPS, config_map("lost"))
    again = api.call("POST", MAPS, config_map("lost"))
    assert (again.status, again.body["reason"]) == (409, "AlreadyExists")


def test_a_fault_may_be_a_matter_of_chance(api: ServedApi, board: FaultBoard) -> None:
    board.add("api-error", {"status": 503, "probability": 0.5})
    answers = {api.call("GET", f"{MAPS}/a").status for _ in range(60)}
    assert answers == {200, 503}
    board.clear()
    board.add("api-error", {"status": 503, "probability": 0})
    assert api.call("GET", f"{MAPS}/a").status == 200
