"""How fast a full cluster is listed: processor time where the cluster lives, so that a busy machine does not count."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from served_api import TABLE, ServedApi, pod, served_api

from deployctl.sandbox.api.http.accept import negotiate
from deployctl.sandbox.api.http.call import Call
from deployctl.sandbox.api.http.path import parse
from deployctl.sandbox.api.http.read import list_objects
from deployctl.sandbox.api.writer import SYSTEM

PODS = 1000


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApi]:
    with served_api(tmp_path_factory.mktemp("api")) as served:

        def fill() -> None:
            for number in range(PODS):
                served.cluster.create("pods", pod(f"p{number}", nodeName=f"n{number % 4}"), manager="test")

        served.inside(fill)
        yield served


@pytest.mark.parametrize(("accept", "items"), [("application/json", "items"), (TABLE, "rows")])
def test_a_thousand_pods_are_listed_in_a_tenth_of_a_second(api: ServedApi, accept: str, items: str) -> None:
    assert len(api.get("/api/v1/pods", accept=accept)[items]) == PODS
    call = Call(parse("GET", "/api/v1/pods"), SYSTEM, negotiate(accept))

    def measured() -> float:
        started = time.thread_time()
        list_objects(api.cluster, api.cluster.kind("pods"), call)
        return time.thread_time() - started

    assert min(api.inside(measured) for _ in range(5)) < 0.1
