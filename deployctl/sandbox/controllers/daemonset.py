"""DaemonSets: one pod on every node that may carry it, replaced a few at a time."""

from __future__ import annotations

from typing import ClassVar

from deployctl.sandbox.contracts import Change, Object
from deployctl.sandbox.controllers.deployment.family import scaled
from deployctl.sandbox.controllers.kit.claim import claimed
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.history import REVISION_LABEL, History, revision_label
from deployctl.sandbox.controllers.kit.meta import Key, is_deleting, key_of, labels_of, name_of
from deployctl.sandbox.controllers.kit.pod_control import create_pod, pod_from_template
from deployctl.sandbox.controllers.kit.pods import available_in, is_available, is_ready, is_terminal, node_of
from deployctl.sandbox.controllers.kit.tolerations import untolerated
from deployctl.sandbox.controllers.scheduler.filters import matches_node

DAEMON_SETS = "daemonsets.apps"
HARD = frozenset({"NoSchedule", "NoExecute"})
EXECUTE = frozenset({"NoExecute"})


def _toleration(key: str, effect: str) -> Object:
    return {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}


OWN_TOLERATIONS = [
    _toleration("not-ready", "NoExecute"),
    _toleration("unreachable", "NoExecute"),
    _toleration("disk-pressure", "NoSchedule"),
    _toleration("memory-pressure", "NoSchedule"),
    _toleration("pid-pressure", "NoSchedule"),
    _toleration("unschedulable", "NoSchedule"),
]


class DaemonSetController(Controller):
    """Pods are pinned to their node by affinity and placed by the scheduler, as the real ones are."""

    name: ClassVar[str] = "daemonset-controller"

    def watch(self) -> None:
        self.world.subscribe(DAEMON_SETS, self.enqueue)
        self.world.subscribe("pods", lambda change: self.enqueue_owner("DaemonSet", change))
        self.world.subscribe("nodes", self._node_changed)
        self._nodes: dict[str, object] = {}

    def _node_changed(self, change: Change) -> None:
        """Only what decides placement wakes the sets: heartbeats do not."""
        node = change.object
        seen = None if change.type == "DELETED" else (labels_of(node), (node.get("spec") or {}).get("taints"))
        if self._nodes.get(name_of(node)) != seen:
            self._nodes[name_of(node)] = seen
            for daemon_set in self.world.all(DAEMON_SETS):
                self.queue.add(key_of(daemon_set))

    def sync(self, key: Key) -> None:
        set_ = self.world.get(DAEMON_SETS, *key)
        if set_ is None:
            return
        pods = claimed(self.world, "pods", set_, self.manager)
        history = History(self.world, set_, self.manager, REVISION_LABEL)
        hash_ = labels_of(history.current_template())[REVISION_LABEL]
        by_node: dict[str, list[Object]] = {}
        for pod in pods:
            by_node.setdefault(target_node(pod), []).append(pod)
        if not is_deleting(set_):
            self._place(set_, by_node, hash_)
            self._roll(set_, by_node, hash_)
        self._write_status(set_, by_node, hash_)
        live = {f"{name_of(set_)}-{revision_label(p)}" for p in pods} | {f"{name_of(set_)}-{hash_}"}
        history.trim(live, int(set_["spec"].get("revisionHistoryLimit", 10)))

    def _place(self, set_: Object, by_node: dict[str, list[Object]], hash_: str) -> None:
        nodes = {name_of(node): node for node in self.world.all("nodes")}
        for name, node in nodes.items():
            runs, stays = should_run(set_, node)
            pods = by_node.get(name, [])
            for pod in pods:
                if is_terminal(pod) and not is_deleting(pod):
                    message = (
                        f"Found failed daemon pod {key_of(pod)[0]}/{name_of(pod)} on node {name}, will try to kill it"
                    )
                    self.events.warning(set_, "FailedDaemonPod", message)
                    self._delete(set_, pod)
                elif not stays and not is_deleting(pod):
                    self._delete(set_, pod)
            if runs and not pods:
                self._create(set_, name, hash_)
        for name, pods in by_node.items():
            for pod in pods:
                if name not in nodes and not is_deleting(pod):
                    self._delete(set_, pod)

    def _roll(self, set_: Object, by_node: dict[str, list[Object]], hash_: str) -> None:
        """Delete out-of-date pods as far as maxUnavailable allows; those that serve nobody go first."""
        strategy = set_["spec"].get("updateStrategy") or {}
        if strategy.get("type", "RollingUpdate") != "RollingUpdate":
            return
        wanted = self._wanted(set_)
        most = scaled((strategy.get("rollingUpdate") or {}).get("maxUnavailable", 1), len(wanted), up=True)
        seconds, now = int(set_["spec"].get("minReadySeconds") or 0), self.clock.now()
        useless: list[Object] = []
        serving: list[Object] = []
        unavailable = 0
        for name in wanted:
            pods = [p for p in by_node.get(name, []) if not is_terminal(p)]
            alive = [p for p in pods if not is_deleting(p)]
            available = any(is_available(p, seconds, now) for p in alive)
            unavailable += not available
            old = [p for p in alive if revision_label(p) != hash_]
            (serving if available else useless).extend(old)
        for pod in [*useless, *serving[: max(0, most - unavailable)]]:
            self._delete(set_, pod)

    def _wanted(self, set_: Object) -> list[str]:
        return [name_of(node) for node in self.world.all("nodes") if should_run(set_, node)[0]]

    def _create(self, set_: Object, node: str, hash_: str) -> None:
        pod = daemon_pod(set_, node, hash_)
        failure = create_pod(self.world, self.events, set_, pod, self.manager)
        if failure is not None:
            raise failure

    def _delete(self, set_: Object, pod: Object) -> None:
        self.world.delete("pods", pod)
        self.events.normal(set_, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")

    def _write_status(self, set_: Object, by_node: dict[str, list[Object]], hash_: str) -> None:
        wanted, seconds, now = self._wanted(set_), int(set_["spec"].get("minReadySeconds") or 0), self.clock.now()
        oldest = {n: min(by_node[n], key=lambda p: (not is_ready(p), name_of(p))) for n in wanted if by_node.get(n)}
        ready = [p for p in oldest.values() if is_ready(p)]
        available = sum(is_available(p, seconds, now) for p in ready)
        optional = {
            "numberAvailable": available,
            "numberUnavailable": len(wanted) - available,
            "updatedNumberScheduled": sum(revision_label(p) == hash_ for p in oldest.values()),
        }
        status: Object = {
            "currentNumberScheduled": len(oldest),
            "desiredNumberScheduled": len(wanted),
            "numberMisscheduled": sum(bool(pods) for n, pods in by_node.items() if n not in wanted),
            "numberReady": len(ready),
            "observedGeneration": set_["metadata"].get("generation", 1),
            **{name: count for name, count in optional.items() if count},
        }
        self.world.update_status(DAEMON_SETS, set_, status, self.manager)
        waits = [wait for p in ready if (wait := available_in(p, seconds, now))]
        if waits:
            self.queue.add(key_of(set_), min(waits))


def daemon_pod(set_: Object, node: str, hash_: str) -> Object:
    """A pod of the template that only this node can take."""
    pod = pod_from_template(set_)
    spec = pod["spec"]
    affinity = spec.get("affinity") or {}
    required = {"nodeSelectorTerms": [{"matchFields": [_this(node)]}]}
    terms = ((affinity.get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get(
        "nodeSelectorTerms"
    )
    if terms:
        required = {"nodeSelectorTerms": [{**term, "matchFields": [_this(node)]} for term in terms]}
    node_affinity = {
        **(affinity.get("nodeAffinity") or {}),
        "requiredDuringSchedulingIgnoredDuringExecution": required,
    }
    generation = (set_["metadata"].get("annotations") or {}).get("deprecated.daemonset.template.generation", "1")
    labels = {**pod["metadata"].get("labels", {}), REVISION_LABEL: hash_, "pod-template-generation": generation}
    tolerations = [*(spec.get("tolerations") or ()), *OWN_TOLERATIONS]
    if spec.get("hostNetwork"):
        tolerations.append(_toleration("network-unavailable", "NoSchedule"))
    return {
        **pod,
        "metadata": {**pod["metadata"], "labels": labels},
        "spec": {**spec, "affinity": {**affinity, "nodeAffinity": node_affinity}, "tolerations": tolerations},
    }


def _this(node: str) -> Object:
    return {"key": "metadata.name", "operator": "In", "values": [node]}


def should_run(set_: Object, node: Object) -> tuple[bool, bool]:
    """Whether a pod of the set should be started on the node, and whether one that runs may stay."""
    pod = daemon_pod(set_, name_of(node), "")
    if not matches_node(pod, node):
        return False, False
    taints = (node.get("spec") or {}).get("taints") or []
    return untolerated(pod, taints, HARD) is None, untolerated(pod, taints, EXECUTE) is None


def target_node(pod: Object) -> str:
    """The node a daemon pod is on or meant for."""
    if node_of(pod):
        return node_of(pod)
    affinity = ((pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    ) or {}
    for term in affinity.get("nodeSelectorTerms") or ():
        for field in term.get("matchFields") or ():
            if field["key"] == "metadata.name":
                return str(field["values"][0])
    return ""
