"""The log subresource, with a kubelet's part played by a list of lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from served_api import MERGE, ServedApi, pod, served_api

from deployctl.sandbox.api.subresources.log_options import Line

PODS = "/api/v1/namespaces/default/pods"
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Written:
    """Implements PodLogs."""

    lines: list[Line] = field(default_factory=list)

    def __call__(self, namespace: str, pod: str, container: str, *, previous: bool) -> Sequence[Line]:
        if container == "lost":
            raise LookupError(f'container "{container}" in pod "{pod}" is not available')
        return [(START, f"before {namespace}/{pod}/{container}")] if previous else list(self.lines)


@pytest.fixture
def written() -> Written:
    return Written([(START + timedelta(seconds=n), f"line {n}") for n in range(4)])


@pytest.fixture
def api(tmp_path: Path, written: Written) -> Iterator[ServedApi]:
    with served_api(tmp_path, pod_logs=written) as served:
        served.call("POST", PODS, pod("p", nodeName="n"))
        yield served


def status(api: ServedApi, name: str = "p", **state: object) -> None:
    shown = {"name": "app", "image": "", "imageID": "", "ready": False, "restartCount": 0, **state}
    body = {"status": {"containerStatuses": [shown]}}
    assert api.call("PATCH", f"{PODS}/{name}/status", body, content_type=MERGE).status == 200


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", "line 0\nline 1\nline 2\nline 3\n"),
        ("?tailLines=2", "line 2\nline 3\n"),
        ("?tailLines=0", ""),
        ("?container=app&tailLines=1&timestamps=true", "2026-01-01T00:00:03.000000000Z line 3\n"),
        ("?sinceTime=2026-01-01T00:00:02Z", "line 2\nline 3\n"),
        ("?limitBytes=9", "line 0\nli"),
    ],
)
def test_as_much_as_is_asked(api: ServedApi, query: str, text: str) -> None:
    status(api, state={"running": {}})
    got = api.call("GET", f"{PODS}/p/log{query}")
    assert (got.status, got.headers["Content-Type"], got.data.decode()) == (200, "text/plain", text)


def test_the_run_before(api: ServedApi) -> None:
    ended = {"terminated": {"exitCode": 1, "containerID": "containerd://1"}}
    status(api, state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState=ended)
    assert api.call("GET", f"{PODS}/p/log?previous=true").data == b"before default/p/app\n"


@pytest.mark.parametrize(
    ("state", "query", "message"),
    [
        ({}, "", 'container "app" in pod "p" is waiting to start - no logs yet'),
        (
            {"waiting": {"reason": "ContainerCreating"}},
            "",
            'container "app" in pod "p" is waiting to start: ContainerCreating',
        ),
        (
            {"waiting": {"reason": "ImagePullBackOff"}},
            "",
            'container "app" in pod "p" is waiting to start: trying and failing to pull image',
        ),
        ({"running": {}}, "?previous=true", 'previous terminated container "app" in pod "p" not found'),
        ({"running": {}}, "?container=no", "container no is not valid for pod p"),
    ],
)
def test_a_log_that_is_not_there_is_refused_as_by_a_kubelet(
    api: ServedApi, state: object, query: str, message: str
) -> None:
    status(api, state=state)
    got = api.call("GET", f"{PODS}/p/log{query}")
    assert (got.status, got.body["message"]) == (400, message)


def test_one_of_several_containers_must_be_named(api: ServedApi) -> None:
    containers = [{"name": name, "image": "x:1"} for name in ("a", "b")]
    api.call(
        "POST", PODS, pod("two", nodeName="n", containers=containers, initContainers=[{"name": "i", "image": "x:1"}])
    )
    assert api.call("GET", f"{PODS}/two/log").body["message"] == (
        "a container name must be specified for pod two, choose one of: [i a b]"
    )


def test_a_pod_without_a_node_has_no_log_yet(api: ServedApi) -> None:
    api.call("POST", PODS, pod("new"))
    assert (api.call("GET", f"{PODS}/new/log").status, api.call("GET", f"{PODS}/none/log").status) == (204, 404)


def test_a_log_is_followed_until_the_container_ends(api: ServedApi, written: Written) -> None:
    status(api, state={"running": {}})
    headers = {"Authorization": "Bearer admin-token"}
    url = f"{api.url}{PODS}/p/log?follow=true&tailLines=1"
    stream = api.http.request("GET", url, headers=headers, preload_content=False, timeout=60)
    assert stream.read1(100) == b"line 3\n"
    written.lines.append((START, "line 4"))
    assert stream.read1(100) == b"line 4\n"
    status(api, state={"terminated": {"exitCode": 0}})
    assert stream.read() == b""
