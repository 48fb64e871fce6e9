"""The STATUS column of a pod, told from its conditions and containers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from deployctl.sandbox.api.tables import pods
from deployctl.sandbox.contracts import Object

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
BORN = "2026-01-01T11:55:00Z"


def container(name: str = "a", **status: Any) -> Object:
    """A container status; what is no field of one is its state."""
    fields = ("restartCount", "ready", "lastState", "started")
    state = {key: value for key, value in status.items() if key not in fields}
    own = {key: value for key, value in status.items() if key in fields}
    return {"name": name, "restartCount": 0, "ready": False, "lastState": {}, "state": state, **own}


def a_pod(*mains: Object, inits: tuple[Object, ...] = (), spec: Object | None = None, **status: Any) -> Object:
    body = {
        "containers": [{"name": c["name"]} for c in mains] or [{"name": "a"}],
        "initContainers": [{"name": c["name"]} for c in inits],
        **(spec or {}),
    }
    shown = {"phase": "Running", **status, "containerStatuses": list(mains), "initContainerStatuses": list(inits)}
    return {"metadata": {"name": "p", "creationTimestamp": BORN}, "spec": body, "status": shown}


WAITING: Object = {"waiting": {"reason": "ImagePullBackOff"}}
DIED: Object = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2026-01-01T11:59:00Z"}}
DONE: Object = {"terminated": {"exitCode": 0, "reason": "Completed"}}
UP: Object = {"running": {}}
DELETED = {"deletionTimestamp": BORN}
INITIALIZED = [{"type": "Initialized", "status": "True"}]


@pytest.mark.parametrize(
    ("pod", "shown"),
    [
        (a_pod(phase="Pending"), ["0/1", "Pending", "0"]),
        (a_pod(container(ready=True, **UP)), ["1/1", "Running", "0"]),
        (a_pod(container(**WAITING), phase="Pending"), ["0/1", "ImagePullBackOff", "0"]),
        (
            a_pod(container(restartCount=3, lastState=DIED, waiting={"reason": "CrashLoopBackOff"})),
            ["0/1", "CrashLoopBackOff", "3 (60s ago)"],
        ),
        (a_pod(container(terminated={"exitCode": 137, "reason": "OOMKilled"})), ["0/1", "OOMKilled", "0"]),
        (a_pod(container(terminated={"exitCode": 2})), ["0/1", "ExitCode:2", "0"]),
        (a_pod(container(terminated={"exitCode": 137, "signal": 9})), ["0/1", "Signal:9", "0"]),
        (a_pod(container(**DONE), phase="Succeeded"), ["0/1", "Completed", "0"]),
        (a_pod(container("a", **DONE), container("b", ready=True, **UP)), ["1/2", "NotReady", "0"]),
        (
            a_pod(
                container("a", **DONE),
                container("b", ready=True, **UP),
                conditions=[{"type": "Ready", "status": "True"}],
            ),
            ["1/2", "Running", "0"],
        ),
        (a_pod(phase="Failed", reason="Evicted"), ["0/1", "Evicted", "0"]),
        (a_pod(container(), inits=(container("i", **UP),), phase="Pending"), ["0/1", "Init:0/1", "0"]),
        (
            a_pod(container(), inits=(container("i", **DONE), container("j", **WAITING)), phase="Pending"),
            ["0/1", "Init:ImagePullBackOff", "0"],
        ),
        (
            a_pod(container(), inits=(container("i", restartCount=2, lastState=DIED, **DIED),), phase="Pending"),
            ["0/1", "Init:Error", "2 (60s ago)"],
        ),
        (
            a_pod(container(ready=True, **UP), inits=(container("i", restartCount=4, **DONE),), conditions=INITIALIZED),
            ["1/1", "Running", "0"],
        ),
        ({**a_pod(container(ready=True, **UP)), "metadata": {"name": "p", **DELETED}}, ["1/1", "Terminating", "0"]),
        (
            {**a_pod(container(**UP), reason="NodeLost"), "metadata": {"name": "p", **DELETED}},
            ["0/1", "Unknown", "0"],
        ),
        (
            a_pod(
                phase="Pending", conditions=[{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]
            ),
            ["0/1", "SchedulingGated", "0"],
        ),
    ],
)
def test_the_story_of_a_pod(pod: Object, shown: list[str]) -> None:
    assert pods.cells(pod, NOW)[1:4] == shown


def test_a_sidecar_counts_as_a_container_and_its_restarts_stay() -> None:
    sidecar = {**container("s", restartCount=1, ready=True, lastState=DIED, **UP), "started": True}
    spec = {"initContainers": [{"name": "s", "restartPolicy": "Always"}]}
    pod = a_pod(container(ready=True, **UP), inits=(sidecar,), spec=spec, conditions=INITIALIZED)
    assert pods.cells(pod, NOW)[1:4] == ["2/2", "Running", "1 (60s ago)"]


def test_a_pods_place_is_shown_wide() -> None:
    pod = a_pod(spec={"nodeName": "n1", "readinessGates": [{"conditionType": "g"}]}, podIPs=[{"ip": "10.0.0.1"}])
    assert pods.cells(pod, NOW)[4:] == ["5m", "10.0.0.1", "n1", "<none>", "0/1"]
