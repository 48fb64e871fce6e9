"""Changing a running pod's resources without a restart: the kubelet's part."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import condition_of, timestamp
from deployctl.sandbox.controllers.kit.requests import pod_requests
from deployctl.sandbox.nodes.containers import ContainerRecord
from deployctl.sandbox.nodes.pod_context import PodContext

ACTUATION_SECONDS = 0.5
Room = Callable[[Mapping[str, int]], tuple[str, bool] | None]
"""What is asked -> the resource that is short and whether the node could never have it; None when there is room."""


class Resizer:
    """One pod's resizes: accepted when there is room, put off or refused otherwise."""

    def __init__(self, context: PodContext, records: list[ContainerRecord], room: Room) -> None:
        self._context, self._records, self._room = context, records, room
        self._machine, self._clock = context.machine, context.machine.clock
        self._refused = 0
        self._running = False
        self.conditions: list[Object] = []
        """PodResizePending or PodResizeInProgress, for the pod's status."""

    def look(self) -> None:
        """Compare what is wanted with what is allocated. Called for each change of the pod, or of its neighbours."""
        pod = self._context.pod
        changed = [(r, spec) for r, spec in self._wanted() if (spec.get("resources") or {}) != r.allocated]
        if not changed or self._running:
            return
        short = self._room(pod_requests(pod))
        if short is None:
            self._accept(changed)
        else:
            self._refuse(*short)

    def _wanted(self) -> list[tuple[ContainerRecord, Object]]:
        spec = self._context.pod["spec"]
        specs = {c["name"]: c for c in [*(spec.get("initContainers") or ()), *spec["containers"]]}
        return [(record, specs[record.name]) for record in self._records]

    def _accept(self, changed: list[tuple[ContainerRecord, Object]]) -> None:
        self._running = True
        for record, spec in changed:
            record.allocated, record.spec = spec.get("resources") or {}, spec
        self._set("PodResizeInProgress", "", "")
        self._say("Normal", "ResizeStarted", self._words("Pod resize started"))
        self._context.publish()
        self._context.tasks.start(self._actuate(), "resize")

    async def _actuate(self) -> None:
        await self._clock.sleep(ACTUATION_SECONDS)
        for record in self._records:
            record.actuated = record.allocated
        self.conditions, self._running = [], False
        self._say("Normal", "ResizeCompleted", self._words("Pod resize completed"))
        self._context.publish()

    def _refuse(self, resource: str, never: bool) -> None:
        generation = int(self._context.pod["metadata"].get("generation", 1))
        reason = "Infeasible" if never else "Deferred"
        message = f"Node didn't have enough {'capacity' if never else 'resource'}: {resource}"
        self._set("PodResizePending", reason, message)
        if self._refused != generation:
            self._refused = generation
            words = self._words(f"Pod resize {reason}", error=message)
            self._say("Warning", f"Resize{reason}", words)
        self._context.publish()

    def _set(self, type_: str, reason: str, message: str) -> None:
        status = self._context.pod.get("status") or {}
        current = condition_of(status, type_)
        since = current["lastTransitionTime"] if current else timestamp(self._clock.now())
        condition: Object = {
            "type": type_,
            "observedGeneration": self._context.pod["metadata"].get("generation", 1),
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": since,
            **({"reason": reason, "message": message} if reason else {}),
        }
        self.conditions = [condition]

    def _words(self, what: str, **more: Any) -> str:
        init = [_resources(r) for r in self._records if r.init]
        document = {
            **({"initContainers": init} if init else {}),
            "containers": [_resources(r) for r in self._records if not r.init],
            "generation": self._context.pod["metadata"].get("generation", 1),
            **more,
        }
        return f"{what}: {json.dumps(document, separators=(',', ':'))}"

    def _say(self, type_: str, reason: str, message: str) -> None:
        events = self._machine.events
        (events.normal if type_ == "Normal" else events.warning)(self._context.pod, reason, message)


def _resources(record: ContainerRecord) -> Object:
    return {"name": record.name, "resources": record.spec.get("resources") or {}}
