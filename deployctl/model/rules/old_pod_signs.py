"""The fail-fast table's rows about pods in the way: old ones that do not go, failed ones that stay behind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.json import text
from deployctl.model.pod import ContainerState, Pod, Running
from deployctl.model.rules.case import event_line, evident, kubectl
from deployctl.model.rules.completeness import blocking_old, is_manual, wanted
from deployctl.model.rules.family import Family, runs_current
from deployctl.model.rules.phases import started
from deployctl.model.rules.watch import Watch


def overdue(family: Family, watch: Watch, now: datetime) -> Iterable[Diagnosis]:
    """An old pod outlives its deletionTimestamp (its grace included): finalizers or its node hold it."""
    for pod in (*blocking_old(family), *family.leaving):
        if not pod.deleting or (late := (now - pod.deleting).total_seconds()) <= 0:
            continue
        fatal = late > watch.thresholds.overdue
        held = f"finalizers {', '.join(pod.finalizers)}" if pod.finalizers else f"node {pod.node or 'unknown'}"
        yield Diagnosis(
            "stuck-terminating",
            "fatal" if fatal else "waiting",
            f"old pod {pod.name} should have ended {late:.0f} s ago; {held} {'hold' if pod.finalizers else 'holds'} it",
            f"pod/{pod.name}",
            _overdue_evidence(family, pod),
            _overdue_action(pod, watch),
        )


def _overdue_evidence(family: Family, pod: Pod) -> tuple[str, ...]:
    ready = pod.condition("Ready")
    lines = [f"deletionTimestamp {pod.deleting:%H:%M:%S} (grace {pod.grace} s), phase {pod.phase}, node {pod.node}"]
    lines += [f"finalizers: {', '.join(pod.finalizers)}"] if pod.finalizers else []
    lines += [f"Ready={ready.status} {ready.reason}: {ready.message}"] if ready and ready.reason else []
    lines += [event_line(e) for e in family.events_of(pod.uid) if e.reason in ("FailedKillPod", "NodeNotReady")][-1:]
    terminating = family.workload.status.get("terminatingReplicas")
    lines += [f"status.terminatingReplicas: {terminating}"] if terminating else []
    return tuple(evident(line) for line in lines)


def _overdue_action(pod: Pod, watch: Watch) -> str:
    if pod.finalizers:
        return f"find who should remove the finalizer: {kubectl(watch)} get pod {pod.name} -o yaml"
    return f"kubectl get node {pod.node}; if it is gone for good: {kubectl(watch)} delete pod {pod.name} --force"


def leftovers(family: Family, watch: Watch, _: datetime) -> Iterable[Diagnosis]:
    """Evicted or failed pods that nobody removed can stall a Recreate for as long as its progress deadline
    (kubernetes/kubernetes#128798)."""
    left = tuple(pod for pod in family.ended if not _is_current(family, watch, pod))
    stalled = not family.new and not family.old and wanted(family)
    if family.workload.strategy != "Recreate" or not left or not stalled:
        return
    yield Diagnosis(
        "leftover-pods",
        "waiting",
        f"{len(left)} failed or evicted pods of {family.workload.ref} were left behind; they can stall it",
        str(family.workload.ref),
        _ends(left),
        f"{kubectl(watch)} delete pod {' '.join(pod.name for pod in left)}; or release with --remove-leftovers",
    )


def _is_current(family: Family, watch: Watch, pod: Pod) -> bool:
    return runs_current(pod, family.workload, family.revision, watch.baseline)


def _ends(pods: tuple[Pod, ...]) -> tuple[str, ...]:
    return tuple(evident(f"pod/{p.name} on {p.node}: {p.phase} {p.reason}: {p.message}") for p in pods[:5])


def node_rejects(family: Family, watch: Watch, _: datetime) -> Iterable[Diagnosis]:
    """The node itself refuses the pods that were bound to it (OutOfmemory, NodeAffinity…): the controller makes
    another one each time, and each is refused. Eviction is not meant: that may pass."""
    refused = tuple(
        pod
        for pod in family.ended
        if pod.phase == "Failed" and pod.reason.startswith(_REFUSALS) and _is_current(family, watch, pod)
    )
    if not refused or family.ready:
        return
    yield Diagnosis(
        "node-rejects-pod",
        "fatal" if len(refused) > watch.thresholds.restarts else "waiting",
        f"node {refused[-1].node} refuses the pods of {family.workload.ref}: {refused[-1].reason}",
        str(family.workload.ref),
        _ends(refused),
        f"kubectl describe node {refused[-1].node}; is spec.nodeName set, or are the requests too large?",
        "NODE001",
    )


_REFUSALS = ("OutOf", "NodeAffinity", "UnexpectedAdmissionError", "PodLevelResourcesNotAdmitted", "AppArmor", "Sysctl")


def stuck_stateful(family: Family, watch: Watch, _: datetime) -> Iterable[Diagnosis]:
    """A StatefulSet waits for its broken pod of a former revision before it updates any: it stays bad until deleted."""
    if family.workload.ref.kind != "StatefulSet" or is_manual(family.workload):
        return
    if text(family.workload.spec, "podManagementPolicy") == "Parallel" or family.unready:
        return
    for pod in blocking_old(family):
        if pod.deleting or pod.ready:
            continue
        yield Diagnosis(
            "statefulset-stuck-pod",
            "fatal",
            f"pod {pod.name} of the former revision is not Ready, and {family.workload.ref} updates none until it is",
            f"pod/{pod.name}",
            tuple(evident(line) for line in _why_unready(pod)),
            f"{kubectl(watch)} delete pod {pod.name}; or release again with --delete-stuck-pod",
            patience=watch.thresholds.stuck,
            fails_old_too=True,
        )


def _why_unready(pod: Pod) -> Iterable[str]:
    for container in pod.containers:
        if not container.ready and not (container.init and started(pod)):
            yield f"container {container.name}: {_state(container.state)}, {container.restarts} restarts"


def _state(state: ContainerState) -> str:
    if isinstance(state, Running):
        return "running, not Ready"
    return f"{state.reason}: {state.message}" if state.message else state.reason
