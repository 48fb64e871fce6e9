"""Snapshots on the wire: which requests, in which pages, side by side."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from connected import GET, connected
from scripted_http import Say, Script, in_turn, serving

from deployctl.adapters.kubernetes.listing import list_objects
from deployctl.adapters.kubernetes.paths import PODS
from deployctl.adapters.kubernetes.reader import KubernetesCluster
from deployctl.adapters.side_by_side import side_by_side
from deployctl.model.errors import Unavailable


def test_a_list_is_read_in_pages_and_begun_again_when_its_snapshot_expires(tmp_path: Path) -> None:
    def page(name: str, token: str = "") -> Say:
        return Say(body={"metadata": {"continue": token}, "items": [{"metadata": {"name": name}}]})

    script = in_turn(page("old", "next"), Say(410), page("a", "next"), page("b"))
    with serving(script) as served:
        found = list_objects(connected(tmp_path, f"http://{served.address}"), PODS, "shop")

    assert [(one["kind"], one["metadata"]["name"]) for one in found.items] == [("Pod", "a"), ("Pod", "b")]
    assert [asked.path.partition("?")[2] for asked in served.asked] == [
        "limit=500",
        "limit=500&continue=next",
        "limit=500",
        "limit=500&continue=next",
    ]


def test_a_snapshot_does_without_what_may_not_be_read_but_not_without_pods(tmp_path: Path) -> None:
    def script(forbidden: str) -> Script:
        return lambda asked: Say(403, {"message": "no"}) if f"/{forbidden}?" in asked.path else Say(body={"items": []})

    with serving(script("events")) as served:
        KubernetesCluster(connected(tmp_path, f"http://{served.address}")).world("shop")
    with serving(script("pods")) as served, pytest.raises(Unavailable) as caught:
        KubernetesCluster(connected(tmp_path, f"http://{served.address}")).world("shop")

    assert caught.value.problem.what == "we may not list pods in shop"


def test_a_snapshot_is_the_same_requests_every_time(tmp_path: Path) -> None:
    with serving(in_turn(Say(body={"items": [{"metadata": {"name": f"p{n}"}} for n in range(300)]}))) as served:
        cluster = KubernetesCluster(connected(tmp_path, f"http://{served.address}"))
        assert len(cluster.world("shop").pods) == 300

    kinds = sorted(asked.path.split("?")[0].rpartition("/")[2] for asked in served.asked)
    assert kinds == [
        "cronjobs",
        "daemonsets",
        "deployments",
        "events",
        "jobs",
        "nodes",
        "pods",
        "replicasets",
        "statefulsets",
    ]


def test_an_error_page_of_a_proxy_is_not_taken_for_an_object(tmp_path: Path) -> None:
    with serving(in_turn(Say(200, b"<html>log in to the hotel's network</html>"))) as served:
        assert connected(tmp_path, f"http://{served.address}").send(GET).json() == {}


def test_results_come_in_the_order_of_the_arguments_and_never_more_at_once() -> None:
    running, most, lock = [0], [0], threading.Lock()

    def call(n: int) -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.002 * (n % 3))
        with lock:
            running[0] -= 1
        return n * n

    assert side_by_side(call, range(50), at_once=4) == [n * n for n in range(50)]
    assert most[0] <= 4
    assert side_by_side(call, (), at_once=4) == []


def test_the_first_failure_is_raised_without_waiting_for_the_slow() -> None:
    slow, ended = threading.Event(), []

    def call(n: int) -> None:
        if n:
            raise Unavailable(f"call {n}")
        slow.wait(60)
        ended.append(n)

    with pytest.raises(Unavailable, match="call 1"):
        side_by_side(call, (0, 1))
    assert ended == []
    slow.set()
