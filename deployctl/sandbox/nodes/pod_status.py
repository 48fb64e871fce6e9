"""A pod's phase and conditions from its containers' states, by the kubelet's rules. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import condition_of, timestamp
from deployctl.sandbox.controllers.kit.requests import amounts, formatted, qos_class, total
from deployctl.sandbox.nodes.containers import ContainerRecord, Running, Terminated, Waiting

FINAL = ("Succeeded", "Failed")
KUBELETS_OWN = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
RESIZING = ("PodResizePending", "PodResizeInProgress")


@dataclass(frozen=True)
class Facts:
    """What a kubelet knows of a pod beside its containers."""

    node_ip: str
    pod_ip: str
    started: datetime
    sandbox: bool
    """The sandbox with its network stands."""
    terminal: bool = False
    """Nothing will be started any more: the pod is being deleted, was evicted or is past its deadline."""
    stopped: bool = False
    """Everything has ended; only now the API may learn of a final phase."""
    has_run: bool = False
    """A container was seen running by an earlier report: its cgroup has been read since."""
    reason: str = ""
    message: str = ""
    """Of a pod that was evicted or is past its deadline."""


def pod_status(
    pod: Object,
    containers: Sequence[ContainerRecord],
    facts: Facts,
    now: datetime,
    resizing: Sequence[Object] = (),
) -> Object:
    """The whole `status` to write; what others wrote into it stays."""
    before = pod.get("status") or {}
    phase = "Failed" if facts.reason else phase_of(pod, containers, terminal=facts.terminal)
    if before.get("phase") in FINAL:
        phase = before["phase"]
    shown = phase if phase not in FINAL or facts.stopped else before.get("phase", "Pending")
    generation = pod["metadata"].get("generation", 1)
    status: Object = {
        "observedGeneration": generation,
        "phase": shown,
        "conditions": [*resizing, *_conditions(pod, containers, facts, phase, now)],
        **({"message": facts.message, "reason": facts.reason} if facts.reason and shown in FINAL else {}),
        "hostIP": facts.node_ip,
        "hostIPs": [{"ip": facts.node_ip}],
    }
    if facts.pod_ip:
        status |= {"podIP": facts.pod_ip, "podIPs": [{"ip": facts.pod_ip}]}
    status["startTime"] = timestamp(facts.started)
    init = [c.to_api() for c in containers if c.init]
    if init:
        status["initContainerStatuses"] = init
    status["containerStatuses"] = [c.to_api() for c in sorted(_mains(containers), key=lambda c: c.name)]
    status["qosClass"] = before.get("qosClass") or qos_class(pod)
    status |= _resources(containers, facts)
    kept = {k: v for k, v in before.items() if k in ("nominatedNodeName", "resize", "resourceClaimStatuses")}
    return {**status, **kept}


UNLIMITED = "9007199254740988Ki"
"""What a memory limit reads as in a cgroup that has none."""


def _resources(containers: Sequence[ContainerRecord], facts: Facts) -> Object:
    """The pod's own `resources` and `allocatedResources`: sums over its containers, and the quirk of 1.37."""
    mains = _mains(containers)
    sums: Object = {}
    for kind in ("limits", "requests"):
        quantities = [c.actuated.get(kind) or {} for c in mains]
        if kind == "limits":
            common = set.intersection(*(set(q) for q in quantities)) if quantities else set()
            quantities = [{name: q[name] for name in common} for q in quantities]
        total_ = total(amounts(q) for q in quantities)
        if total_:
            sums[kind] = formatted(total_)
    if facts.has_run and "memory" not in sums.get("limits", {}):
        sums["limits"] = {**sums.get("limits", {}), "memory": UNLIMITED}
    allocated = total(amounts(c.allocated.get("requests")) for c in mains)
    return {"resources": sums, **({"allocatedResources": formatted(allocated)} if allocated else {})}


def _mains(containers: Sequence[ContainerRecord]) -> list[ContainerRecord]:
    return [c for c in containers if not c.init]


def phase_of(pod: Object, containers: Sequence[ContainerRecord], *, terminal: bool) -> str:
    """Pending, Running, Succeeded or Failed."""
    policy = pod["spec"].get("restartPolicy", "Always")
    init = [c for c in containers if c.init and not c.sidecar]
    if policy == "Never" and any(isinstance(c.state, Terminated) and c.state.exit_code != 0 for c in init):
        return "Failed"
    mains = _mains(containers)
    if any(isinstance(c.state, Waiting) and c.last is None for c in mains):
        return "Pending"
    if any(isinstance(c.state, Running) for c in mains):
        return "Running"
    ends = [c.state if isinstance(c.state, Terminated) else c.last for c in mains]
    well = all(end is not None and end.exit_code == 0 for end in ends)
    if terminal:
        return "Succeeded" if well else "Failed"
    if policy == "Always" or (policy == "OnFailure" and not well):
        return "Running"
    return "Succeeded" if well else "Failed"


def _conditions(
    pod: Object, containers: Sequence[ContainerRecord], facts: Facts, phase: str, now: datetime
) -> list[Object]:
    before = pod.get("status") or {}
    others = [c for c in before.get("conditions") or () if c["type"] not in (*KUBELETS_OWN, *RESIZING)]
    containers_ready = _containers_ready(containers, phase)
    judged = {
        "PodReadyToStartContainers": _sandbox(facts),
        "Initialized": _initialized(containers, phase),
        "Ready": _ready(pod, others, containers_ready),
        "ContainersReady": containers_ready,
        "PodScheduled": ("True", "", ""),
    }
    generation = pod["metadata"].get("generation", 1)
    return [*others, *(_condition(before, type_, words, generation, now) for type_, words in judged.items())]


Words = tuple[str, str, str]
"""Status, reason, message."""


def _condition(before: Object, type_: str, words: Words, generation: int, now: datetime) -> Object:
    status, reason, message = words
    current = condition_of(before, type_)
    since = current["lastTransitionTime"] if current and current["status"] == status else timestamp(now)
    condition: Object = {
        "type": type_,
        "observedGeneration": generation,
        "status": status,
        "lastProbeTime": None,
        "lastTransitionTime": since,
    }
    if reason:
        condition["reason"] = reason
    if message:
        condition["message"] = message
    return condition


def _sandbox(facts: Facts) -> Words:
    if facts.sandbox:
        return "True", "", ""
    message = "pod sandbox is not ready" if facts.pod_ip else "no pod sandbox exists"
    return "False", "PodSandboxNotReady", message


def _containers_ready(containers: Sequence[ContainerRecord], phase: str) -> Words:
    if phase == "Succeeded":
        return "False", "PodCompleted", ""
    if phase == "Failed":
        return "False", "PodFailed", ""
    unready = [c.name for c in containers if (c.sidecar or not c.init) and not c.ready]
    if unready:
        return "False", "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]"
    return "True", "", ""


def _ready(pod: Object, others: list[Object], containers_ready: Words) -> Words:
    if containers_ready[0] != "True":
        return containers_ready
    present = {c["type"]: c["status"] for c in others}
    missing = []
    for gate in pod["spec"].get("readinessGates") or ():
        type_ = gate["conditionType"]
        if type_ not in present:
            missing.append(f'corresponding condition of pod readiness gate "{type_}" does not exist.')
        elif present[type_] != "True":
            missing.append(f'the status of pod readiness gate "{type_}" is not "True", but {present[type_]}')
    return ("False", "ReadinessGatesNotReady", ", ".join(missing)) if missing else ("True", "", "")


def _initialized(containers: Sequence[ContainerRecord], phase: str) -> Words:
    if phase == "Succeeded":
        return "True", "PodCompleted", ""
    if any(not isinstance(c.state, Waiting) or c.last for c in _mains(containers)):
        return "True", "", ""
    incomplete = [c.name for c in containers if c.init and not (c.started if c.sidecar else c.succeeded)]
    if incomplete:
        return "False", "ContainersNotInitialized", f"containers with incomplete status: [{' '.join(incomplete)}]"
    return "True", "", ""
