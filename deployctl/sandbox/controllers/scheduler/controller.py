"""Finds a node for every pod that has none, and tries again when something changed that could help."""

from __future__ import annotations

from typing import ClassVar

from deployctl.sandbox.contracts import Change, Object
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.events import SchedulerRecorder
from deployctl.sandbox.controllers.kit.meta import (
    Key,
    condition_of,
    is_deleting,
    key_of,
    name_of,
    namespace_of,
    timestamp,
    with_spec,
)
from deployctl.sandbox.controllers.kit.pods import is_terminal, node_of
from deployctl.sandbox.controllers.kit.world import World
from deployctl.sandbox.controllers.scheduler import messages
from deployctl.sandbox.controllers.scheduler.claims import missing_claim, unfit_for_claims
from deployctl.sandbox.controllers.scheduler.filters import Refusal, refusal
from deployctl.sandbox.controllers.scheduler.nodes import NodeLoad, Nodes
from deployctl.sandbox.controllers.scheduler.scores import best

FIRST_BACKOFF, LAST_BACKOFF = 1.0, 10.0
LEFTOVER_FLUSH = 300.0
"""Seconds after which a pod that fitted nowhere is tried again though nothing is known to have changed."""


class Scheduler(Controller):
    """`default-scheduler`. Priorities and preemption are not played; their words are."""

    name: ClassVar[str] = "default-scheduler"
    manager: ClassVar[str] = "kube-scheduler"

    def __init__(self, world: World) -> None:
        self.nodes = Nodes()
        self._waiting: dict[Key, tuple[int, float]] = {}
        self._recorder = SchedulerRecorder(world)
        super().__init__(world)

    def watch(self) -> None:
        self.world.subscribe("nodes", self._node_changed)
        self.world.subscribe("pods", self._pod_changed)
        for resource in ("persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io"):
            self.world.subscribe(resource, lambda _: self._retry_waiting())

    def _node_changed(self, change: Change) -> None:
        if change.type == "DELETED":
            self.nodes.remove_node(name_of(change.object))
            return
        before = self.nodes.loads.get(name_of(change.object))
        relevant = before is None or _placement(before.node) != _placement(change.object)
        self.nodes.put_node(change.object)
        if relevant:
            self._retry_waiting()

    def _pod_changed(self, change: Change) -> None:
        pod = change.object
        if change.type == "DELETED":
            self.nodes.remove_pod(pod)
            self._waiting.pop(key_of(pod), None)
            self._retry_waiting()
            return
        if node_of(pod):
            self._count(pod)
        elif _is_ours(pod) and key_of(pod) not in self._waiting:
            self.queue.add(key_of(pod))

    def _count(self, pod: Object) -> None:
        load = self.nodes.loads.get(node_of(pod))
        before = dict(load.requested) if load else {}
        self.nodes.put_pod(pod)
        after = load.requested if load else {}
        if is_terminal(pod) or any(after.get(name, 0) < amount for name, amount in before.items()):
            self._retry_waiting()

    def _retry_waiting(self) -> None:
        """Try the pods that fitted nowhere again, each no sooner than its own back-off allows."""
        now = self.clock.monotonic()
        for key, (attempts, last) in self._waiting.items():
            backoff = min(LAST_BACKOFF, FIRST_BACKOFF * 2 ** (attempts - 1))
            self.queue.add(key, max(0.0, last + backoff - now))

    def sync(self, key: Key) -> None:
        pod = self.world.get("pods", *key)
        if pod is None or node_of(pod) or not _is_ours(pod):
            self._waiting.pop(key, None)
            return
        chosen = self._choose(pod)
        if isinstance(chosen, str):
            self._give_up(key, pod, chosen)
        else:
            self._bind(key, pod, chosen)

    def _choose(self, pod: Object) -> NodeLoad | str:
        """A node, or why there is none."""
        loads = self.nodes.loads
        if not loads:
            return messages.NO_NODES
        reason = missing_claim(self.world, pod)
        if reason:
            return messages.rejected_early(reason, len(loads))
        refusals: dict[str, Refusal] = {}
        feasible = []
        for name, load in loads.items():
            refused = refusal(pod, load, self.nodes) or unfit_for_claims(self.world, pod, load.node)
            if refused is None:
                feasible.append(load)
            else:
                refusals[name] = refused
        if feasible:
            return best(pod, feasible)
        return messages.unschedulable(refusals, never_preempts=pod["spec"].get("preemptionPolicy") == "Never")

    def _bind(self, key: Key, pod: Object, load: NodeLoad) -> None:
        self._waiting.pop(key, None)
        moment = timestamp(self.clock.now())
        scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": moment}
        others = [c for c in (pod.get("status") or {}).get("conditions") or () if c["type"] != "PodScheduled"]
        status = {**(pod.get("status") or {}), "conditions": [*others, scheduled]}
        placed = with_spec({**pod, "status": status}, nodeName=name_of(load.node))
        self.nodes.put_pod(self.world.update("pods", placed, self.manager, "binding"))
        message = f"Successfully assigned {namespace_of(pod)}/{name_of(pod)} to {name_of(load.node)}"
        self._recorder.record(pod, "Normal", "Scheduled", "Binding", message)

    def _give_up(self, key: Key, pod: Object, message: str) -> None:
        attempts, _ = self._waiting.get(key, (0, 0.0))
        self._waiting[key] = attempts + 1, self.clock.monotonic()
        self._recorder.record(pod, "Warning", "FailedScheduling", "Scheduling", message)
        self.queue.add(key, LEFTOVER_FLUSH)
        status = pod.get("status") or {}
        current = condition_of(status, "PodScheduled")
        if current and (current["status"], current.get("message")) == ("False", message):
            return
        moment = timestamp(self.clock.now())
        condition: Object = {
            "type": "PodScheduled",
            "observedGeneration": pod["metadata"].get("generation", 1),
            "status": "False",
            "lastProbeTime": None,
            "lastTransitionTime": current["lastTransitionTime"] if current else moment,
            "reason": "Unschedulable",
            "message": message,
        }
        others = [c for c in status.get("conditions") or () if c["type"] != "PodScheduled"]
        self.world.update_status("pods", pod, {**status, "conditions": [*others, condition]}, self.manager)


def _is_ours(pod: Object) -> bool:
    gated = bool(pod["spec"].get("schedulingGates"))
    mine = pod["spec"].get("schedulerName", "default-scheduler") == "default-scheduler"
    return mine and not gated and not is_deleting(pod) and not is_terminal(pod)


def _placement(node: Object) -> tuple[object, ...]:
    """What of a node decides who fits: heartbeats do not."""
    spec, status = node.get("spec") or {}, node.get("status") or {}
    return node["metadata"].get("labels"), spec.get("taints"), spec.get("unschedulable"), status.get("allocatable")
