"""Pods: the STATUS column is a story told from phase, conditions and every container's state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deployctl.sandbox.api.tables.ages import since
from deployctl.sandbox.api.tables.text import NONE, get
from deployctl.sandbox.contracts import Object

Container = Mapping[str, Any]


@dataclass
class _Story:
    """What has been read of a pod so far."""

    reason: str
    ready: int = 0
    total: int = 0
    restarts: int = 0
    last_restart: str = ""
    sidecar_restarts: int = 0
    sidecar_last_restart: str = ""
    sidecars: set[str] = field(default_factory=set)


def cells(pod: Object, now: datetime) -> list[Any]:
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    story = _read(pod, spec, status)
    restarts = str(story.restarts)
    if story.restarts and story.last_restart:
        restarts = f"{story.restarts} ({since(story.last_restart, now)} ago)"
    metadata = pod["metadata"]
    return [
        metadata["name"],
        f"{story.ready}/{story.total}",
        story.reason,
        restarts,
        since(metadata.get("creationTimestamp"), now),
        next((ip["ip"] for ip in status.get("podIPs") or []), "") or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _gates(spec, status),
    ]


def conditions(pod: Object) -> list[Object]:
    """A row of a finished pod says so, which is how kubectl can leave it out."""
    phase = get(pod, "status.phase")
    if phase == "Succeeded":
        message = "The pod has completed successfully."
    elif phase == "Failed":
        message = "The pod failed."
    else:
        return []
    return [{"type": "Completed", "status": "True", "reason": phase, "message": message}]


def _read(pod: Object, spec: Object, status: Object) -> _Story:
    story = _Story(status.get("reason") or status.get("phase", ""))
    conditions_of = {c["type"]: c for c in status.get("conditions") or []}
    if conditions_of.get("PodScheduled", {}).get("reason") == "SchedulingGated":
        story.reason = "SchedulingGated"
    inits = spec.get("initContainers") or []
    story.sidecars = {c["name"] for c in inits if c.get("restartPolicy") == "Always"}
    story.total = len(spec.get("containers") or []) + len(story.sidecars)
    initializing = _inits(story, status.get("initContainerStatuses") or [], len(inits))
    if not initializing or conditions_of.get("Initialized", {}).get("status") == "True":
        story.restarts, story.last_restart = story.sidecar_restarts, story.sidecar_last_restart
        _mains(story, status.get("containerStatuses") or [], conditions_of)
    if pod["metadata"].get("deletionTimestamp"):
        _deleted(story, status)
    return story


def _deleted(story: _Story, status: Object) -> None:
    if status.get("reason") == "NodeLost":
        story.reason = "Unknown"
    elif status.get("phase") not in {"Succeeded", "Failed"}:
        story.reason = "Terminating"


def _inits(story: _Story, statuses: Sequence[Container], count: int) -> bool:
    """Whether the init containers are still at it."""
    for index, container in enumerate(statuses):
        _count_restart(story, container)
        sidecar = container["name"] in story.sidecars
        terminated = get(container, "state.terminated")
        if terminated and not terminated.get("exitCode"):
            continue
        if sidecar and container.get("started"):
            story.ready += 1 if container.get("ready") else 0
            continue
        story.reason = "Init:" + (_init_reason(container, terminated) or f"{index}/{count}")
        return True
    return False


def _init_reason(container: Container, terminated: Container | None) -> str:
    if terminated:
        return _ended(terminated)
    waiting: str = get(container, "state.waiting.reason", "")
    return "" if waiting == "PodInitializing" else waiting


def _ended(terminated: Container) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    signal = terminated.get("signal")
    return f"Signal:{signal}" if signal else f"ExitCode:{terminated.get('exitCode', 0)}"


def _count_restart(story: _Story, container: Container) -> None:
    count, finished = container.get("restartCount", 0), get(container, "lastState.terminated.finishedAt", "")
    story.restarts += count
    story.last_restart = max(story.last_restart, finished)
    if container["name"] in story.sidecars:
        story.sidecar_restarts += count
        story.sidecar_last_restart = max(story.sidecar_last_restart, finished)


def _mains(story: _Story, statuses: Sequence[Container], conditions_of: Mapping[str, Any]) -> None:
    running, failure = False, ""
    for container in reversed(statuses):
        story.restarts += container.get("restartCount", 0)
        story.last_restart = max(story.last_restart, get(container, "lastState.terminated.finishedAt", ""))
        state = container.get("state") or {}
        if get(state, "waiting.reason"):
            story.reason = state["waiting"]["reason"]
        elif state.get("terminated"):
            story.reason = _ended(state["terminated"])
            failure = story.reason if state["terminated"].get("exitCode") else failure
        elif container.get("ready") and "running" in state:
            running = True
            story.ready += 1
    if story.reason == "Completed":
        story.reason = _partly_completed(running, failure, conditions_of)


def _partly_completed(running: bool, failure: str, conditions_of: Mapping[str, Any]) -> str:
    if running and conditions_of.get("Ready", {}).get("status") == "True":
        return "Running"
    return failure or ("NotReady" if running else "Completed")


def _gates(spec: Object, status: Object) -> str:
    gates = [gate["conditionType"] for gate in spec.get("readinessGates") or []]
    if not gates:
        return NONE
    true = {c["type"] for c in status.get("conditions") or [] if c.get("status") == "True"}
    return f"{sum(gate in true for gate in gates)}/{len(gates)}"
