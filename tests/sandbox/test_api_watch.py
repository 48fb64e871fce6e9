"""Watches, in process and on the wire: no gaps, selectors, bookmarks, tables, the end of memory."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from served_api import MERGE, TABLE, ServedApi, config_map, served_api

from deployctl.sandbox.contracts import Object

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApi]:
    with served_api(tmp_path_factory.mktemp("api")) as served:
        yield served


class Watch:
    """A watch that is read line by line."""

    def __init__(self, api: ServedApi, path: str, accept: str = "application/json") -> None:
        headers = {"Authorization": "Bearer admin-token", "Accept": accept}
        self.response = api.http.request("GET", api.url + path, headers=headers, preload_content=False, timeout=60)
        self._buffer = b""

    def next(self) -> Any:
        while b"\n" not in self._buffer:
            chunk = self.response.read1(65536)
            if not chunk:
                return None
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return json.loads(line)

    def brief(self) -> tuple[str, str]:
        event = self.next()
        return event["type"], event["object"]["metadata"].get("name", "")

    def close(self) -> None:
        self.response.close()


def relabel(api: ServedApi, name: str, value: str | None) -> None:
    api.call("PATCH", f"{MAPS}/{name}", {"metadata": {"labels": {"tier": value}}}, content_type=MERGE)


def test_a_watch_from_a_list_misses_nothing(api: ServedApi) -> None:
    version = api.get(MAPS)["metadata"]["resourceVersion"]
    api.call("POST", MAPS, config_map("a"))
    watch = Watch(api, f"{MAPS}?watch=true&resourceVersion={version}")
    api.call("DELETE", f"{MAPS}/a")
    assert [watch.brief(), watch.brief()] == [("ADDED", "a"), ("DELETED", "a")]
    watch.close()


def test_an_object_that_starts_or_stops_to_match_is_added_or_deleted(api: ServedApi) -> None:
    api.call("POST", MAPS, config_map("a"))
    watch = Watch(api, f"{MAPS}?watch=true&labelSelector=tier%3Dx&resourceVersion={api.cluster.store.revision}")
    relabel(api, "a", "x")
    api.call("PATCH", f"{MAPS}/a", {"data": {"k": "v"}}, content_type=MERGE)
    relabel(api, "a", "y")
    relabel(api, "a", None)
    relabel(api, "a", "x")
    assert [watch.brief()[0] for _ in range(4)] == ["ADDED", "MODIFIED", "DELETED", "ADDED"]
    watch.close()


def test_initial_events_end_with_a_bookmark(api: ServedApi) -> None:
    api.call("POST", MAPS, config_map("a"))
    query = "watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"
    watch = Watch(api, f"{MAPS}?{query}")
    assert [watch.brief(), watch.brief()] == [("ADDED", "a"), ("ADDED", "kube-root-ca.crt")]
    end = watch.next()
    assert (end["type"], end["object"]["metadata"]["annotations"]) == (
        "BOOKMARK",
        {"k8s.io/initial-events-end": "true"},
    )
    assert end["object"]["metadata"]["resourceVersion"] == str(api.cluster.store.revision)
    watch.close()


def test_a_watch_without_a_version_begins_with_what_there_is(api: ServedApi) -> None:
    watch = Watch(api, f"{MAPS}?watch=true")
    assert watch.brief() == ("ADDED", "kube-root-ca.crt")
    watch.close()


def test_a_forgotten_version_is_an_error_in_the_stream(api: ServedApi) -> None:
    api.inside(api.cluster.store.compact)
    got = api.call("GET", f"{MAPS}?watch=true&resourceVersion=2")
    current = api.cluster.store.revision
    status: Object = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"too old resource version: 2 ({current})",
        "reason": "Expired",
        "code": 410,
    }
    assert (got.status, got.events) == (200, [{"type": "ERROR", "object": status}])


def test_of_a_tables_rows_only_the_first_has_columns(api: ServedApi) -> None:
    watch = Watch(api, f"{MAPS}?watch=true", accept=TABLE)
    first = watch.next()["object"]
    api.call("POST", MAPS, config_map("a"))
    second = watch.next()["object"]
    assert ([c["name"] for c in first["columnDefinitions"]], second["columnDefinitions"]) == (
        ["Name", "Data", "Age"],
        None,
    )
    assert [t["rows"][0]["cells"][0] for t in (first, second)] == ["kube-root-ca.crt", "a"]
    watch.close()


def test_a_watch_ends_when_its_time_is_over(api: ServedApi) -> None:
    started = time.monotonic()
    assert len(api.call("GET", f"{MAPS}?watch=true&timeoutSeconds=1").events) == 1
    assert 0.9 <= time.monotonic() - started < 25


def test_a_client_that_goes_leaves_no_subscription(api: ServedApi) -> None:
    def subscriptions() -> int:
        return len(api.cluster.store._collection("configmaps").subscriptions)

    watch = Watch(api, f"{MAPS}?watch=true")
    watch.brief()
    assert api.inside(subscriptions) == 1
    watch.close()
    api.http.clear()
    api.call("POST", MAPS, config_map("a"))
    deadline = time.monotonic() + 60
    while api.inside(subscriptions) and time.monotonic() < deadline:
        api.call("PATCH", f"{MAPS}/a", {"data": {"k": str(time.monotonic())}}, content_type=MERGE)
        time.sleep(0.02)
    assert api.inside(subscriptions) == 0


def test_many_watchers_see_the_same_order(api: ServedApi) -> None:
    version = api.get(MAPS)["metadata"]["resourceVersion"]
    seen: dict[int, list[tuple[str, str]]] = {}

    def read(number: int) -> None:
        watch = Watch(api, f"{MAPS}?watch=true&resourceVersion={version}")
        seen[number] = [watch.brief() for _ in range(20)]
        watch.close()

    readers = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for reader in readers:
        reader.start()
    for number in range(10):
        api.call("POST", MAPS, config_map(f"m{number}"))
        api.call("DELETE", f"{MAPS}/m{number}")
    for reader in readers:
        reader.join(20)
    expected = [(event, f"m{number}") for number in range(10) for event in ("ADDED", "DELETED")]
    assert seen == dict.fromkeys(range(4), expected)
