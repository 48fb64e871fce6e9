"""A pod's containers as they are when a kubelet first sees it, or sees it again after the node was restarted."""

from __future__ import annotations

from datetime import datetime

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import parse_time
from deployctl.sandbox.nodes.containers import ContainerRecord, Terminated, Waiting

LOST = 255
"""Exit code of a container whose end nobody saw."""


def records_of(pod: Object, now: datetime) -> list[ContainerRecord]:
    """Init containers first, in their order."""
    spec, status = pod["spec"], pod.get("status") or {}
    init = spec.get("initContainers") or ()
    seen = {
        s["name"]: s for s in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    }
    records = []
    for container in (*init, *spec["containers"]):
        is_init = any(container is c for c in init)
        reason = "PodInitializing" if init else "ContainerCreating"
        resources = container.get("resources") or {}
        record = ContainerRecord(container, is_init, Waiting(reason), allocated=resources, actuated=resources)
        _restore(record, seen.get(container["name"]), now)
        records.append(record)
    return records


def _restore(record: ContainerRecord, status: Object | None, now: datetime) -> None:
    """What ran before the node was restarted is lost; its next start counts as a restart."""
    if status is None or not status.get("containerID"):
        return
    record.restarts, record.container_id = int(status["restartCount"]), status["containerID"]
    running = status["state"].get("running")
    if running:
        started = parse_time(running["startedAt"])
        record.last = Terminated(LOST, "Unknown", now, started, container_id=record.container_id)
