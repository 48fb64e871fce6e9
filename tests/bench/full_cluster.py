"""A sandbox in a process of its own with many pods: how soon it answers, how fast it lists, how much it needs."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from deployctl.adapters.clock import SystemClock
from deployctl.adapters.kubernetes.connection import Connection, Request
from deployctl.adapters.kubernetes.kubeconfig import ClusterSettings
from deployctl.sandbox.process.background import down, up
from deployctl.sandbox.process.control_client import ControlClient
from deployctl.sandbox.process.options import Options

NODES, DEPLOYMENTS, REPLICAS = 12, 200, 5
HOST = "sandbox.azurecr.io"
SCENARIO = f"""
extends = "default"
description = "Room for a thousand pods"

[[registries]]
host = "{HOST}"
anonymous_pull = true

[[registries.images]]
repository = "app"
tag = "1"
size = "1Mi"
""" + "".join(f'\n[[nodes]]\nname = "large-{n}"\ncpu = "64"\nmemory = "256Gi"\n' for n in range(NODES))
PATIENCE = 300.0


@dataclass(frozen=True)
class Full:
    """Seconds and MB. `ready_work` is processor time; `list_seconds` the median of LISTs of all pods, to the end."""

    ready_seconds: float
    ready_work: float
    filled_seconds: float
    list_seconds: float
    memory: float
    peak: float

    def __str__(self) -> str:
        return (
            f"ready after {self.ready_seconds:.2f} s ({self.ready_work:.2f} s of work); "
            f"{DEPLOYMENTS * REPLICAS} pods in {DEPLOYMENTS} Deployments run after {self.filled_seconds:.0f} s, "
            f"LIST of pods {self.list_seconds * 1000:.0f} ms, memory {self.memory:.0f} MB (at most {self.peak:.0f} MB)"
        )


def full_cluster() -> Full:
    """Brings one up, fills it, and takes it down."""
    with tempfile.TemporaryDirectory() as name:
        state, scenario = Path(name) / "state", Path(name) / "full.toml"
        scenario.write_text(SCENARIO, encoding="utf-8")
        began = time.perf_counter()
        info = up(Options(state, str(scenario)))
        ready = time.perf_counter() - began
        work = ControlClient(info).describe()["ready_after_cpu_seconds"]
        connection = Connection(ClusterSettings(info.kubeconfig), SystemClock(), {})
        try:
            filled = fill(connection)
            seconds = median(listed(connection)[0] for _ in range(7))
            return Full(ready, work, filled, seconds, memory(info.pid, "VmRSS"), memory(info.pid, "VmHWM"))
        finally:
            connection.close()
            down(state)


def fill(connection: Connection) -> float:
    """Seconds until every pod runs."""
    began = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: _create(connection, f"app-{number}"), range(DEPLOYMENTS)))
    _until(lambda: listed(connection)[1] == DEPLOYMENTS * REPLICAS)
    return time.perf_counter() - began


def _create(connection: Connection, name: str) -> None:
    container = {"name": "app", "image": f"{HOST}/app:1", "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}}}
    body: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
        },
    }
    answer = connection.send(Request("POST", "/apis/apps/v1/namespaces/default/deployments", body=body))
    assert answer.ok, answer


def listed(connection: Connection) -> tuple[float, int]:
    """Seconds of one LIST of all pods in the namespace, and how many of them run."""
    began = time.perf_counter()
    answer = connection.send(Request("GET", "/api/v1/namespaces/default/pods"))
    took = time.perf_counter() - began
    assert answer.ok, answer
    items = json.loads(answer.body)["items"]
    return took, sum(1 for pod in items if pod["status"].get("phase") == "Running")


def memory(pid: int, what: str) -> float:
    """MB of a process, by Linux' account."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith(what))
    return int(line.split()[1]) * 1024 / 1e6


def _until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "the cluster was never full"
        time.sleep(1)
