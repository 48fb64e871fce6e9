"""Requests on the wire: retries, time limits, and the words for each way to get no answer."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from connected import GET, GOOD, connected, failure
from fake_clock import FakeClock
from kubeconfigs import kubeconfig
from scripted_http import Say, Script, closed_port, in_turn, serving

from deployctl.adapters.kubernetes.connection import Connection, Request
from deployctl.adapters.kubernetes.kubeconfig import ClusterSettings
from deployctl.model.errors import Unavailable

PATCH = Request("PATCH", "/x", body={})
SAFE_PATCH = Request("PATCH", "/x", body={}, repeatable=True)
ETCD = Say(500, {"kind": "Status", "reason": "InternalError", "message": "etcdserver: request timed out"})
TYPED = Say(500, {"kind": "Status", "message": "failed to create typed patch object: .spec.x: field not declared"})


def exchange(folder: Path, script: Script, request: Request = GET) -> tuple[int, int]:
    """The final status and how many requests it took."""
    with serving(script) as served:
        answer = connected(folder, f"http://{served.address}").send(request)
        return answer.status, len(served.asked)


def test_a_request_says_who_asks_and_as_whom(tmp_path: Path) -> None:
    with serving(in_turn(GOOD)) as served:
        connected(tmp_path, f"http://{served.address}").send(GET)

    headers = served.asked[0].headers
    assert (headers["User-Agent"].split("/")[0], headers["Authorization"]) == ("deployctl", "Bearer hunter2")


@pytest.mark.parametrize("passing", [Say(429), Say(503), Say(502), Say(504), ETCD, Say(hang_up=True)])
def test_a_read_is_tried_again_until_it_succeeds(tmp_path: Path, passing: Say) -> None:
    assert exchange(tmp_path, in_turn(passing, passing, GOOD)) == (200, 3)


@pytest.mark.parametrize("passing", [Say(502), Say(504), ETCD, Say(hang_up=True)])
def test_a_patch_is_tried_again_only_when_that_is_safe(tmp_path: Path, passing: Say) -> None:
    assert exchange(tmp_path, in_turn(passing, GOOD), SAFE_PATCH) == (200, 2)

    with serving(in_turn(passing, GOOD)) as served:
        connection = connected(tmp_path, f"http://{served.address}")
        if passing.hang_up:
            with pytest.raises(Unavailable):
                connection.send(PATCH)
        else:
            assert connection.send(PATCH).status == passing.status
    assert len(served.asked) == 1


@pytest.mark.parametrize("request_", [PATCH, SAFE_PATCH, GET])
def test_what_was_turned_away_before_anything_was_done_is_always_tried_again(tmp_path: Path, request_: Request) -> None:
    assert exchange(tmp_path, in_turn(Say(429), GOOD), request_) == (200, 2)


def test_an_object_that_the_server_cannot_read_is_not_sent_again(tmp_path: Path) -> None:
    assert exchange(tmp_path, in_turn(TYPED, GOOD), SAFE_PATCH) == (500, 1)


def test_a_server_that_asks_to_wait_is_waited_for(tmp_path: Path) -> None:
    with serving(in_turn(Say(429, headers={"Retry-After": "7"}), GOOD)) as served:
        path = kubeconfig(tmp_path / "config", f"http://{served.address}")
        clock = FakeClock()
        Connection(ClusterSettings(kubeconfig=path), clock, {}).send(GET)

    assert clock.slept == [7.0]


def test_a_server_that_never_recovers_is_said_to_have_failed(tmp_path: Path) -> None:
    with serving(in_turn(ETCD)) as served:
        problem = failure(tmp_path, f"http://{served.address}").problem

    assert problem.what == "the API server failed to answer a request"
    assert problem.evidence == ("HTTP 500: etcdserver: request timed out",)
    assert len(served.asked) == 5


def test_throttling_has_words_of_its_own(tmp_path: Path) -> None:
    with serving(in_turn(Say(429, {"message": "too many requests"}))) as served:
        assert failure(tmp_path, f"http://{served.address}").problem.what == "the API server asks us to slow down"


def test_silence_ends_after_the_time_limit(tmp_path: Path) -> None:
    with serving(in_turn(Say(after=30))) as served:
        started = time.monotonic()
        problem = failure(tmp_path, f"http://{served.address}", PATCH, timeout=0.2).problem

    assert problem.what == "the API server did not answer within 0.2 s"
    assert time.monotonic() - started < 25


def test_a_closed_port_refuses(tmp_path: Path) -> None:
    problem = failure(tmp_path, f"http://127.0.0.1:{closed_port()}").problem

    assert (problem.what, problem.evidence) == (
        "the API server's address refuses connections",
        ("Connection refused",),
    )


def test_a_name_that_does_not_resolve_is_named(tmp_path: Path) -> None:
    problem = failure(tmp_path, "https://no-such-host.invalid").problem

    assert problem.what == "the API server's name cannot be resolved"
    assert problem.where == "https://no-such-host.invalid (context it)"


def test_a_connection_that_breaks_is_named(tmp_path: Path) -> None:
    with serving(in_turn(Say(hang_up=True))) as served:
        assert (
            failure(tmp_path, f"http://{served.address}", PATCH).problem.what
            == "the connection to the API server broke"
        )
