"""On a real cluster: a rollout that really fails is named, with evidence, seconds after the first fatal sign."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from lab_backend import HEALTH, HEALTHY, SERVE, STARTUP, LabBackend, lab_backend
from live_place import connect
from outside_probe import OutsideProbe

from deployctl.adapters.kubernetes.connection import Connection, Request

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster-failures")]

FIGURES = logging.getLogger("figures")
"""Shown by `pytest -o log_cli=true --log-cli-level=INFO`."""
NAMESPACE = "failures-e2e"
SOON = 10.0
"""Seconds from the first fatal sign until cause and evidence are named."""
Body = dict[str, Any]


@dataclass
class Watcher:
    """Looks at the namespace's pods several times a second, and remembers when each container ended."""

    connection: Connection
    ends: dict[tuple[str, str], dict[str, datetime]] = field(default_factory=dict)
    """(pod, container) -> container id -> the end of that run. Times have whole seconds, so two ends may be alike."""
    starts: dict[tuple[str, str], datetime] = field(default_factory=dict)
    restarts: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """When the second restart of a container was seen."""
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.wait(0.2):
            answer = self.connection.send(Request("GET", f"/api/v1/namespaces/{NAMESPACE}/pods"))
            for pod in answer.json().get("items", ()):
                status = pod.get("status", {})
                for one in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
                    self._note((pod["metadata"]["name"], one["name"]), one)

    def _note(self, key: tuple[str, str], container: Body) -> None:
        if container.get("restartCount", 0) >= 2:
            self.restarts.setdefault(key, datetime.now(UTC))
        for state in (container.get("lastState", {}), container.get("state", {})):
            ended = state.get("terminated", {})
            if ended.get("finishedAt"):
                self.ends.setdefault(key, {})[ended["containerID"]] = moment(ended["finishedAt"])
            if "running" in state:
                self.starts.setdefault(key, moment(state["running"]["startedAt"]))


def moment(written: str) -> datetime:
    return datetime.fromisoformat(written)


def second_end(watcher: Watcher, pod: str, container: str) -> datetime:
    """The table: fatal when it has ended twice."""
    return sorted(watcher.ends[pod, container].values())[1]


def second_restart(watcher: Watcher, pod: str, container: str) -> datetime:
    """The table: a loop that ends with 0 is fatal at the second restart."""
    return watcher.restarts[pod, container]


def deadline(watcher: Watcher, pod: str, container: str) -> datetime:
    """The table: running, not Ready, is watched until the deadline; a readiness probe of 1 s adds its own second."""
    return watcher.starts[pod, container] + timedelta(seconds=STARTUP)


@dataclass(frozen=True)
class Case:
    """A release that fails, and what must be said of it."""

    name: str
    version: str
    script: str
    cause: str
    incident: str
    evidence: str
    sign: Callable[[Watcher, str, str], datetime]
    spoil: Callable[[LabBackend], None] = lambda _: None
    container: str = "backend"


def with_readiness(backend: LabBackend) -> None:
    backend.change(readinessProbe={"httpGet": {"path": "/api/ready", "port": 8000}, "periodSeconds": 1})


def with_migration(backend: LabBackend) -> None:
    image = "proofs/backend"
    command = ["/bin/sh", "-c", "echo waiting for a lock; exec /bin/busybox sleep 3600"]
    backend.change(spec={"initContainers": [{"name": "migrate", "image": image, "command": command}]})


def patient(backend: LabBackend) -> None:
    """A busy node, or the back-off before a second restart, must not meet the start-up deadline first."""
    backend.tree.replace("deployctl.toml", f"startup = {STARTUP}", "startup = 60.0")


CASES = (
    Case("crashing", "2.1.0", "echo no database; exit 3", "crash-loop", "POD001", "exit code 3", second_end, patient),
    Case(
        "killed for memory",
        "2.2.0",
        "echo reading it all; /bin/busybox head -c 300m /dev/zero | /bin/busybox tail -c 300m",
        "out-of-memory",
        "POD001",
        "OOMKilled",
        second_end,
        patient,
    ),
    Case("never ready", "2.3.0", HEALTH % "ok" + SERVE, "startup-deadline", "POD001", "404", deadline, with_readiness),
    Case(
        "exiting with 0",
        "2.4.0",
        "echo all done",
        "container-exits",
        "POD001",
        "exit code 0",
        second_restart,
        patient,
    ),
    Case(
        "hanging in an init container",
        "2.5.0",
        HEALTH % "ok" + SERVE,
        "startup-deadline",
        "POD001",
        "waiting for a lock",
        deadline,
        with_migration,
        "migrate",
    ),
)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabBackend]:
    backend = lab_backend(tmp_path_factory.mktemp("failures") / "tree", NAMESPACE)
    yield backend
    backend.tree.run("kubectl", "delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture
def watcher(backend: LabBackend) -> Iterator[Watcher]:
    connection = connect(Path(backend.tree.environment["KUBECONFIG"]), NAMESPACE)
    with Watcher(connection) as watcher:
        yield watcher
    connection.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_rollout_that_fails_is_named_in_seconds_and_a_rollback_brings_production_back(
    case: Case, backend: LabBackend, outside: OutsideProbe, watcher: Watcher
) -> None:
    backend.push(case.version, "--run", case.script)
    case.spoil(backend)
    try:
        run = backend.run("release", "backend", "--yes", "--skip-build", "--version", case.version)
        assert run.result.code == 5, run.result
        named = run.first("diagnosed")
        diagnosis = named.event["diagnosis"]
        assert (diagnosis["cause"], diagnosis["incident"]) == (case.cause, case.incident), diagnosis
        assert any(case.evidence in line for line in diagnosis["evidence"]), diagnosis
        assert diagnosis["action"], diagnosis
        time.sleep(0.5)
        late = named.at - case.sign(watcher, diagnosis["pod"], case.container).timestamp()
        FIGURES.info("%s: named %.1f s after the first fatal sign: %s", case.name, late, diagnosis["summary"])
        assert late < SOON
    finally:
        backend.restore()
        back = backend.run("rollback", "backend", "--yes")
    assert back.result.code == 0, back.result
    assert outside.well()


def test_a_health_document_that_is_not_well_is_named_at_its_deadline(
    backend: LabBackend, outside: OutsideProbe
) -> None:
    backend.push("2.6.0", "--run", HEALTH % "degraded" + SERVE)
    run = backend.run("release", "backend", "--yes", "--skip-build", "--version", "2.6.0")
    back = backend.run("rollback", "backend", "--yes")
    assert (run.result.code, back.result.code) == (5, 0), (run.result, back.result)
    began = next(t for t in run.told if t.event["event"] == "step-started" and t.event["step"] == "health")
    late = run.told[-1].at - began.at - HEALTHY
    problem = run.result.outcome["problem"]
    FIGURES.info("unhealthy: named %.1f s after the deadline for health: %s", late, problem["what"])
    assert "degraded" in " ".join((problem["what"], *problem["evidence"]))
    assert late < SOON
    assert outside.well()
