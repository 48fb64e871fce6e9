"""Nodes that fall silent: their conditions turn Unknown, taints follow, their pods stop counting and are evicted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from deployctl.sandbox.contracts import Change, Object
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.meta import (
    Key,
    condition_of,
    is_deleting,
    key_of,
    name_of,
    namespace_of,
    parse_time,
    timestamp,
)
from deployctl.sandbox.controllers.kit.pods import is_terminal, node_of
from deployctl.sandbox.controllers.kit.tolerations import toleration_seconds

NODES, LEASES, LEASE_NAMESPACE = "nodes", "leases.coordination.k8s.io", "kube-node-lease"
GRACE_SECONDS = 40.0
"""Without a renewed lease for so long a node counts as lost."""
NOT_READY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"
PRESSURE = {"MemoryPressure": "memory-pressure", "DiskPressure": "disk-pressure", "PIDPressure": "pid-pressure"}
SILENT = "Kubelet stopped posting node status."


class NodeLifecycleController(Controller):
    """Keys are node names. Wakes when a lease would run out."""

    name: ClassVar[str] = "node-controller"

    def watch(self) -> None:
        self._pods: dict[str, set[Key]] = {}
        self._since: dict[str, datetime] = {}
        self.world.subscribe(NODES, self.enqueue)
        self.world.subscribe(LEASES, self._lease_changed)
        self.world.subscribe("pods", self._pod_changed)

    def _lease_changed(self, change: Change) -> None:
        """A renewal matters to a node that was given up; else the timer of the last look is enough."""
        name = name_of(change.object)
        if namespace_of(change.object) == LEASE_NAMESPACE and name in self._since:
            self.queue.add(("", name))

    def _pod_changed(self, change: Change) -> None:
        node, key = node_of(change.object), key_of(change.object)
        if change.type == "DELETED":
            self._pods.get(node, set()).discard(key)
        elif node:
            self._pods.setdefault(node, set()).add(key)
            if node in self._since:
                self.queue.add(("", node))

    def sync(self, key: Key) -> None:
        node = self.world.get(NODES, None, key[1])
        if node is None:
            self._node_gone(key[1])
            return
        silent_in = self._silent_in(node)
        if silent_in > 0:
            self.queue.add(key, silent_in + 0.1)
        else:
            node = self._mark_unknown(node)
        node = self._taint(node)
        ready = condition_of(node.get("status") or {}, "Ready")
        if ready is not None and ready["status"] == "True":
            self._since.pop(name_of(node), None)
            return
        self._since.setdefault(name_of(node), self.clock.now())
        self._mark_pods(node)
        self._evict(node)

    def _node_gone(self, name: str) -> None:
        """Pods of a node that was deleted are removed, as the pod garbage collector does."""
        self._since.pop(name, None)
        for pod_key in list(self._pods.get(name, ())):
            pod = self.world.get("pods", *pod_key)
            if pod is not None:
                self.world.delete("pods", pod, grace_seconds=0)

    def _silent_in(self, node: Object) -> float:
        """Seconds until the node has been silent for too long."""
        lease = self.world.get(LEASES, LEASE_NAMESPACE, name_of(node))
        heartbeat = condition_of(node.get("status") or {}, "Ready") or {}
        texts = [(lease or {"spec": {}})["spec"].get("renewTime"), heartbeat.get("lastHeartbeatTime")]
        moments = [moment for text in texts if (moment := parse_time(text)) is not None]
        last = max(moments) if moments else parse_time(node["metadata"].get("creationTimestamp")) or self.clock.now()
        return (last + timedelta(seconds=GRACE_SECONDS) - self.clock.now()).total_seconds()

    def _mark_unknown(self, node: Object) -> Object:
        status, moment = node.get("status") or {}, timestamp(self.clock.now())
        conditions = []
        for condition in status.get("conditions") or ():
            if condition["status"] == "Unknown":
                conditions.append(condition)
            else:
                words = {"status": "Unknown", "reason": "NodeStatusUnknown", "message": SILENT}
                conditions.append({**condition, **words, "lastTransitionTime": moment})
        if conditions == status.get("conditions"):
            return node
        self.events.normal(node, "NodeNotReady", f"Node {name_of(node)} status is now: NodeNotReady")
        return self.world.update_status(NODES, node, {**status, "conditions": conditions}, self.manager)

    def _taint(self, node: Object) -> Object:
        wanted = self._wanted_taints(node)
        ours = {NOT_READY, UNREACHABLE, *(f"node.kubernetes.io/{name}" for name in PRESSURE.values())}
        ours.add("node.kubernetes.io/unschedulable")
        current = (node.get("spec") or {}).get("taints") or []
        kept = [t for t in current if t["key"] not in ours]
        known = {(t["key"], t["effect"]): t for t in current}
        taints = [*kept, *(known.get((t["key"], t["effect"]), t) for t in wanted)]
        if taints == current:
            return node
        spec = {k: v for k, v in (node.get("spec") or {}).items() if k != "taints"}
        body = {**node, "spec": {**spec, **({"taints": taints} if taints else {})}}
        return self.world.update(NODES, body, self.manager)

    def _wanted_taints(self, node: Object) -> list[Object]:
        status, taints = node.get("status") or {}, []
        ready = condition_of(status, "Ready") or {"status": "False"}
        key = {"False": NOT_READY, "Unknown": UNREACHABLE}.get(ready["status"])
        if key:
            moment = timestamp(self.clock.now())
            taints = [{"key": key, "effect": effect, "timeAdded": moment} for effect in ("NoSchedule", "NoExecute")]
        if (node.get("spec") or {}).get("unschedulable"):
            taints.append({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"})
        for type_, name in PRESSURE.items():
            condition = condition_of(status, type_)
            if condition is not None and condition["status"] == "True":
                taints.append({"key": f"node.kubernetes.io/{name}", "effect": "NoSchedule"})
        return taints

    def _mark_pods(self, node: Object) -> None:
        """Nobody can vouch for them: Ready becomes False."""
        for pod in self._pods_on(node):
            status = pod.get("status") or {}
            ready = condition_of(status, "Ready")
            if ready is None or ready["status"] != "True":
                continue
            lost = {**ready, "status": "False", "lastTransitionTime": timestamp(self.clock.now())}
            conditions = [lost if c["type"] == "Ready" else c for c in status["conditions"]]
            self.world.update_status("pods", pod, {**status, "conditions": conditions}, self.manager)
            self.events.warning(pod, "NodeNotReady", "Node is not ready")

    def _evict(self, node: Object) -> None:
        """Delete the pods whose toleration of the NoExecute taint has run out."""
        since = self._since[name_of(node)]
        taints = [t for t in (node.get("spec") or {}).get("taints") or () if t["effect"] == "NoExecute"]
        waits = []
        for pod in self._pods_on(node):
            if is_deleting(pod):
                continue
            seconds = [s for t in taints if (s := toleration_seconds(pod, t)) is not None]
            if not seconds:
                continue
            left = (since + timedelta(seconds=min(seconds)) - self.clock.now()).total_seconds()
            if left > 0:
                waits.append(left)
            else:
                self._delete_for_taint(pod)
        if waits:
            self.queue.add(key_of(node), min(waits) + 0.1)

    def _delete_for_taint(self, pod: Object) -> None:
        self.events.normal(pod, "TaintManagerEviction", f"Marking for deletion Pod {namespace_of(pod)}/{name_of(pod)}")
        status = pod.get("status") or {}
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": timestamp(self.clock.now()),
            "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint",
        }
        conditions = [*(c for c in status.get("conditions") or () if c["type"] != "DisruptionTarget"), condition]
        marked = self.world.update_status("pods", pod, {**status, "conditions": conditions}, self.manager)
        self.world.delete("pods", marked)

    def _pods_on(self, node: Object) -> list[Object]:
        found = (self.world.get("pods", *key) for key in sorted(self._pods.get(name_of(node), ())))
        return [pod for pod in found if pod is not None and not is_terminal(pod)]
