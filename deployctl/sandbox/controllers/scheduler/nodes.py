"""The nodes as the scheduler counts them: what is promised to whom."""

from __future__ import annotations

from dataclasses import dataclass, field

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import labels_of, name_of, uid_of
from deployctl.sandbox.controllers.kit.pods import is_terminal, node_of
from deployctl.sandbox.controllers.kit.requests import Amounts, added, amounts, pod_requests, subtracted


@dataclass
class NodeLoad:
    """A node, the pods on it, and the sum of what they ask."""

    node: Object
    pods: dict[str, Object] = field(default_factory=dict)
    requested: Amounts = field(default_factory=dict)
    _asked: dict[str, Amounts] = field(default_factory=dict)

    @property
    def allocatable(self) -> Amounts:
        return amounts((self.node.get("status") or {}).get("allocatable"))

    @property
    def taints(self) -> list[Object]:
        return self.node["spec"].get("taints") or []

    def put(self, pod: Object) -> None:
        self.remove(uid_of(pod))
        asked = pod_requests(pod, running=True)
        self.pods[uid_of(pod)], self._asked[uid_of(pod)] = pod, asked
        self.requested = added(self.requested, asked)

    def remove(self, uid: str) -> None:
        if self.pods.pop(uid, None) is not None:
            self.requested = subtracted(self.requested, self._asked.pop(uid))


class Nodes:
    """Kept by changes of nodes and pods; a pod that was just bound counts at once."""

    def __init__(self) -> None:
        self.loads: dict[str, NodeLoad] = {}
        self._where: dict[str, str] = {}
        self._early: dict[str, dict[str, Object]] = {}

    def put_node(self, node: Object) -> None:
        name = name_of(node)
        if name in self.loads:
            self.loads[name].node = node
            return
        self.loads[name] = NodeLoad({**node, "spec": node.get("spec") or {}})
        for pod in self._early.pop(name, {}).values():
            self.loads[name].put(pod)

    def remove_node(self, name: str) -> None:
        load = self.loads.pop(name, None)
        if load is not None:
            self._early[name] = load.pods

    def put_pod(self, pod: Object) -> None:
        """Count a pod where it is; one that has ended is counted out."""
        if not node_of(pod) or is_terminal(pod):
            self.remove_pod(pod)
            return
        uid, node = uid_of(pod), node_of(pod)
        self._where[uid] = node
        if node in self.loads:
            self.loads[node].put(pod)
        else:
            self._early.setdefault(node, {})[uid] = pod

    def remove_pod(self, pod: Object) -> None:
        uid = uid_of(pod)
        node = self._where.pop(uid, "")
        if node in self.loads:
            self.loads[node].remove(uid)
        self._early.get(node, {}).pop(uid, None)

    def labels(self, name: str) -> dict[str, str]:
        return labels_of(self.loads[name].node)
