"""The fail-fast table's rows about a pod as a whole: its place, its volumes, its sandbox, its life."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.json import Json, items, mapping, text
from deployctl.model.pod import Container, Event, Running, Waiting
from deployctl.model.rules.case import Case, event_line
from deployctl.model.rules.container_signs import create_command
from deployctl.model.rules.quantity import parse_quantity

PodRule = Callable[[Case], Diagnosis | None]

NO_ROOM = re.compile(r"Insufficient (?P<what>[\w/-]+(?:\.[\w/-]+)*)|Too many pods")
NO_PLACE = re.compile(
    r"didn't match Pod's node affinity|didn't match pod affinity|didn't satisfy existing pods anti-affinity"
    r"|didn't match pod anti-affinity|untolerated taint|had volume node affinity conflict|didn't match pod topology"
    r"|no nodes available to schedule|didn't find available persistent volumes|had no available volume zone"
)
CLAIM = re.compile(r'persistentvolumeclaim "(?P<name>[^"]+)" not found')
UNBOUND = "unbound immediate PersistentVolumeClaims"
TAKEN_UP = "TriggeredScaleUp"


def unschedulable(case: Case) -> Diagnosis | None:
    """PodScheduled=False: no room, no place, or a claim that is missing."""
    condition = case.pod.condition("PodScheduled")
    if condition is None or condition.status != "False" or case.pod.node:
        return None
    message = condition.message or next((e.message for e in reversed(case.reasons("FailedScheduling"))), "")
    evidence = (f"PodScheduled=False {condition.reason}: {message}",)
    if condition.reason == "SchedulingGated":
        return _gated(case, evidence)
    if scaled := case.reasons(TAKEN_UP):
        return case.finding(
            "autoscaler-adds-node",
            f"pod {case.pod.name} waits for a node that the autoscaler is adding",
            severity="waiting",
            evidence=(*evidence, event_line(scaled[-1])),
        )
    if CLAIM.search(message) or (NO_PLACE.search(message) and not NO_ROOM.search(message)):
        return _no_place(case, message, evidence)
    if UNBOUND in message:
        return _unbound(case, evidence)
    return _no_room(case, message, evidence)


def _gated(case: Case, evidence: tuple[str, ...]) -> Diagnosis:
    return case.finding(
        "scheduling-gated",
        f"pod {case.pod.name} is held back by a scheduling gate",
        severity="waiting",
        evidence=evidence,
        action=f"{case.kubectl} get pod {case.pod.name} -o jsonpath='{{.spec.schedulingGates}}'",
    )


def _no_place(case: Case, message: str, evidence: tuple[str, ...]) -> Diagnosis:
    if found := CLAIM.search(message):
        return case.finding(
            "claim-missing",
            f"PersistentVolumeClaim {found['name']} does not exist",
            evidence=evidence,
            action=f"{case.kubectl} get pvc; create {found['name']} or correct the volume's claimName",
            patience=case.watch.thresholds.unplaceable,
            fails_old_too=_same_before(case, "volumes"),
        )
    return case.finding(
        "no-matching-node",
        f"no node may run pod {case.pod.name}: its node selector, affinity, tolerations or volumes fit none",
        evidence=evidence,
        action="kubectl get nodes --show-labels; kubectl describe nodes | grep -A3 Taints",
        patience=case.watch.thresholds.unplaceable,
        fails_old_too=_same_before(case, "nodeSelector", "affinity", "tolerations", "volumes"),
    )


def _unbound(case: Case, evidence: tuple[str, ...]) -> Diagnosis:
    return case.finding(
        "claim-unbound",
        f"pod {case.pod.name} waits for its PersistentVolumeClaims to be bound",
        evidence=evidence,
        action=f"{case.kubectl} get pvc; {case.kubectl} get events --field-selector reason=ProvisioningFailed",
        patience=case.watch.thresholds.unschedulable,
    )


def _no_room(case: Case, message: str, evidence: tuple[str, ...]) -> Diagnosis:
    lacking = sorted({found["what"] or "pods" for found in NO_ROOM.finditer(message)})
    memory = "memory" in lacking
    asked = requested(case, lacking)
    return case.finding(
        "insufficient-memory" if memory else "insufficient-resources" if lacking else "unschedulable",
        f"no node has room for pod {case.pod.name}: "
        + (f"insufficient {', '.join(lacking)}{f'; it asks for {asked}' if asked else ''}" if lacking else message),
        evidence=evidence,
        action=f"free or add room, or lower resources.requests of {case.workload}: "
        "kubectl describe nodes | grep -A8 'Allocated resources'",
        incident="NODE001",
        patience=0.0 if case.watch.no_room else case.watch.thresholds.unschedulable,
        fails_old_too=_asked_as_much_before(case, lacking) if lacking else None,
    )


def _same_before(case: Case, *fields: str) -> bool | None:
    """True when the former version's pods ask for the same in these fields; a difference proves nothing."""
    former, now = mapping(case.watch.baseline.template, "spec"), mapping(case.family.workload.template, "spec")
    return True if former and all(former.get(field) == now.get(field) for field in fields) else None


def _asked(template: Json, resource: str) -> list[str]:
    """What each container asks for of a resource, as it is written; one that gives only a limit requests as much."""
    resources = [mapping(container, "resources") for container in items(template, "spec", "containers")]
    asked = [text(r, "requests", resource) or text(r, "limits", resource) for r in resources]
    return [quantity for quantity in asked if quantity]


def _requests(template: Json, resource: str) -> Fraction:
    return sum((parse_quantity(quantity) for quantity in _asked(template, resource)), Fraction(0))


def requested(case: Case, resources: list[str]) -> str:
    """What the template's containers ask for of these resources; empty when they name none of them (a place for a
    pod, say)."""
    template = case.family.workload.template
    return " + ".join(f"{quantity} {resource}" for resource in resources for quantity in _asked(template, resource))


def _asked_as_much_before(case: Case, resources: list[str]) -> bool | None:
    former, now = case.watch.baseline.template, case.family.workload.template
    if not former:
        return None
    return all(_requests(former, resource) >= _requests(now, resource) for resource in resources)


MOUNT_ABSENT = re.compile(r"(?P<kind>secret|configmap) \"(?P<name>[^\"]+)\" not found")
MOUNT_KEY = re.compile(r"references non-existent (?:secret|config) key: (?P<key>\S+)")


def mount_failed(case: Case) -> Diagnosis | None:
    """FailedMount, FailedAttachVolume: fatal sooner when a Secret, ConfigMap or key is not there."""
    if _has_sandbox(case):
        return None
    events = case.reasons("FailedMount", "FailedAttachVolume", "FailedMapVolume")
    if not events:
        return None
    event = _telling(events)
    limits = case.watch.thresholds
    if found := MOUNT_ABSENT.search(event.message):
        return case.finding(
            f"{found['kind']}-missing",
            f"{found['kind']} {found['name']} does not exist, and a volume of pod {case.pod.name} needs it",
            evidence=(event_line(event),),
            action=create_command(case, found["kind"], found["name"]),
            incident="SECRET001",
            patience=limits.mount_missing,
            fails_old_too=_same_before(case, "volumes"),
        )
    if found := MOUNT_KEY.search(event.message):
        return case.finding(
            "volume-key-missing",
            f"a volume of pod {case.pod.name} names the key {found['key']}, which does not exist",
            evidence=(event_line(event),),
            action=f"add the key, or correct the volume's items: {case.kubectl} describe pod {case.pod.name}",
            incident="SECRET001",
            patience=limits.mount_missing,
            fails_old_too=_same_before(case, "volumes"),
        )
    return case.finding(
        "mount-failed",
        f"a volume of pod {case.pod.name} cannot be mounted",
        evidence=(event_line(event),),
        action=f"{case.kubectl} describe pod {case.pod.name}; {case.kubectl} get pvc",
        patience=limits.mount,
        fails_old_too=_same_before(case, "volumes"),
    )


def _telling(events: tuple[Event, ...]) -> Event:
    """The newest event that names what is missing; else the newest."""
    telling = [e for e in events if MOUNT_ABSENT.search(e.message) or MOUNT_KEY.search(e.message)]
    return (telling or list(events))[-1]


def sandbox_failed(case: Case) -> Diagnosis | None:
    """FailedCreatePodSandBox: network plugin, runtime class, runtime."""
    events = case.reasons("FailedCreatePodSandBox")
    if not events or _has_sandbox(case):
        return None
    return case.finding(
        "pod-sandbox",
        f"the node {case.pod.node} cannot make the pod's sandbox (network or container runtime)",
        evidence=(event_line(events[-1]),),
        action=f"kubectl describe node {case.pod.node}; look at its network plugin and runtime",
        patience=case.watch.thresholds.mount,
        fails_old_too=True,
    )


def _has_sandbox(case: Case) -> bool:
    """Whether its volumes are mounted and its network is up: what its events said before is over then."""
    ready = case.pod.condition("PodReadyToStartContainers")
    if ready is not None:  # Kubernetes 1.29 and newer
        return ready.status == "True"
    if case.reasons("Pulling", "Pulled", "Created", "Started"):
        return True
    return any(not isinstance(c.state, Waiting) or c.state.reason not in _BEFORE for c in case.pod.containers)


_BEFORE = ("", "ContainerCreating", "PodInitializing")


def disrupted(case: Case) -> Diagnosis | None:
    """Evicted or preempted: its controller makes another; waited for, and said."""
    condition = case.pod.condition("DisruptionTarget")
    told = case.reasons("Evicted", "Preempted", "Preempting", "TaintManagerEviction")
    if case.pod.reason not in ("Evicted", "Preempting") and not (condition and condition.status == "True") and not told:
        return None
    words = case.pod.message or (condition.message if condition else "") or (told[-1].message if told else "")
    return case.finding(
        "evicted",
        f"pod {case.pod.name} was taken off its node {case.pod.node}",
        severity="waiting",
        evidence=(f"{case.pod.reason or 'disruption'}: {words}",),
        action=f"kubectl describe node {case.pod.node}" if case.pod.node else "",
    )


def unhealthy(case: Case) -> Diagnosis | None:
    """Running, not Ready: waited for until the deadline, with the probe's words."""
    container = unready_container(case)
    if container is None or case.pod.ready:
        return None
    failing = case.reasons("Unhealthy")
    what = f"init container {container.name} of pod {case.pod.name} has not ended"
    return case.finding(
        "init-running" if container.init else "not-ready",
        what if container.init else f"container {container.name} of pod {case.pod.name} runs and is not Ready",
        severity="waiting",
        evidence=tuple(event_line(e) for e in failing[-1:]),
        action=f"{case.kubectl} logs {case.pod.name} -c {container.name}",
        container=container,
        logs=True,
    )


def unready_container(case: Case) -> Container | None:
    """The container that runs and holds the pod up: an init container that has not ended, or one that is not Ready."""
    return next((c for c in case.pod.containers if isinstance(c.state, Running) and not c.ready), None)


POD_RULES: tuple[PodRule, ...] = (unschedulable, mount_failed, sandbox_failed, disrupted, unhealthy)
