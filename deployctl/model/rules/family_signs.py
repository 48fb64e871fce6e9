"""The fail-fast table's rows about a workload: pods that cannot be made, old ones that do not go, a halt on purpose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from deployctl.model.diagnosis import Diagnosis, Severity
from deployctl.model.json import text
from deployctl.model.pod import Event, Pod
from deployctl.model.rules.case import event_line, evident
from deployctl.model.rules.completeness import blocking_old, is_manual, partition, wanted
from deployctl.model.rules.family import Family
from deployctl.model.rules.phases import started
from deployctl.model.rules.watch import Watch

FamilyRule = Callable[[Family, Watch, datetime], Iterable[Diagnosis]]

SERVICE_ACCOUNT = re.compile(r'serviceaccount "(?P<name>[^"]+)" not found')
ADMISSION = re.compile(r"violates PodSecurity|must specify \S+|minimum \S+ usage|maximum \S+ usage|admission webhook")


def _kubectl(watch: Watch) -> str:
    return f"kubectl -n {watch.namespace}"


def paused(family: Family, watch: Watch, _: datetime) -> Iterable[Diagnosis]:
    """A paused Deployment rolls nothing out: failed at once."""
    if family.workload.ref.kind == "Deployment" and family.workload.paused:
        yield Diagnosis(
            "paused",
            "fatal",
            f"{family.workload.ref} is paused: its controller makes no new pods",
            str(family.workload.ref),
            ("spec.paused: true",),
            f"{_kubectl(watch)} rollout resume {family.workload.ref}",
        )


def superseded(family: Family, watch: Watch, _: datetime) -> Iterable[Diagnosis]:
    """Somebody wrote other images after us: what will run is not what was released."""
    applied, live = watch.applied, family.workload
    if applied is None or live.generation <= applied.generation:
        return
    ours = {(c.name, c.image) for c in applied.containers}
    theirs = {(c.name, c.image) for c in live.containers}
    if ours != theirs:
        other = ", ".join(f"{name}={image}" for name, image in sorted(theirs - ours)) or "containers are missing"
        yield Diagnosis(
            "superseded",
            "fatal",
            f"somebody changed {live.ref} after this release had written it",
            str(live.ref),
            (evident(other), f"generation {live.generation}, this release wrote {applied.generation}"),
            f"{_kubectl(watch)} get {live.ref} -o yaml --show-managed-fields, to see who; then release again",
        )


def creation_failed(family: Family, watch: Watch, _: datetime) -> Iterable[Diagnosis]:
    """FailedCreate: the controller may not make pods (ReplicaFailure of a ReplicaSet, else the workload's event)."""
    message = _creation_error(family)
    if not message or len(family.new) >= wanted(family):
        return
    leaving = any(pod.deleting for pod in (*family.old, *family.leaving))
    yield _creation(family, watch, message, quota_may_return=leaving)


def _creation_error(family: Family) -> str:
    if family.workload.ref.kind == "Deployment":
        conditions = family.revision.conditions if family.revision else ()
        failure = next((c for c in conditions if c.type == "ReplicaFailure" and c.status == "True"), None)
        return failure.message if failure and failure.reason == "FailedCreate" else ""
    told = [e for e in family.events_of(family.workload.uid) if e.reason == "FailedCreate"]
    since = family.workload.written or family.workload.created
    recent = [e for e in told if not since or not e.last_seen or e.last_seen >= since]
    return _newest(recent).message if recent else ""


def _newest(events: list[Event]) -> Event:
    return max(events, key=lambda e: e.last_seen.timestamp() if e.last_seen else 0.0)


def _creation(family: Family, watch: Watch, message: str, *, quota_may_return: bool) -> Diagnosis:
    limits, where = watch.thresholds, str(family.workload.ref)
    evidence = (evident(f"FailedCreate: {message}"),)
    if "exceeded quota" in message:
        severity: Severity = "waiting" if quota_may_return else "fatal"
        return Diagnosis(
            "quota-exceeded",
            severity,
            f"the namespace's quota leaves no room for the pods of {where}",
            where,
            evidence,
            f"{_kubectl(watch)} describe quota",
            patience=limits.quota,
            incident="NODE001",
        )
    if found := SERVICE_ACCOUNT.search(message):
        return Diagnosis(
            "service-account-missing",
            "fatal",
            f"service account {found['name']} does not exist",
            where,
            evidence,
            f"{_kubectl(watch)} create serviceaccount {found['name']}",
            patience=limits.service_account,
            fails_old_too=_same_account(family, watch),
        )
    refused = "violates PodSecurity" in message or ADMISSION.search(message)
    return Diagnosis(
        "pod-refused",
        "fatal",
        f"the API server refuses the pods of {where}" + ("" if refused else ", and its controller keeps trying"),
        where,
        evidence,
        f"correct the pod template as the message says: {_kubectl(watch)} describe {where}",
        patience=0.0 if refused else limits.service_account,
    )


def _same_account(family: Family, watch: Watch) -> bool | None:
    if not watch.baseline.template:
        return None
    now, former = family.workload.template, watch.baseline.template
    return text(now, "spec", "serviceAccountName") == text(former, "spec", "serviceAccountName")


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
        return f"find who should remove the finalizer: {_kubectl(watch)} get pod {pod.name} -o yaml"
    return f"kubectl get node {pod.node}; if it is gone for good: {_kubectl(watch)} delete pod {pod.name} --force"


def leftovers(family: Family, watch: Watch, _: datetime) -> Iterable[Diagnosis]:
    """Evicted or failed pods that nobody removed can stall a Recreate for as long as its progress deadline
    (kubernetes/kubernetes#128798)."""
    stalled = not family.new and not family.old and wanted(family)
    if family.workload.strategy != "Recreate" or not family.ended or not stalled:
        return
    names = " ".join(pod.name for pod in family.ended)
    yield Diagnosis(
        "leftover-pods",
        "waiting",
        f"{len(family.ended)} failed or evicted pods of {family.workload.ref} were left behind; they can stall it",
        str(family.workload.ref),
        tuple(evident(f"pod/{p.name}: {p.phase} {p.reason} {p.message}") for p in family.ended[:5]),
        f"{_kubectl(watch)} delete pod {names}",
    )


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
            f"{_kubectl(watch)} delete pod {pod.name}",
            patience=watch.thresholds.stuck,
            fails_old_too=True,
        )


def _why_unready(pod: Pod) -> Iterable[str]:
    for container in pod.containers:
        if not container.ready and not (container.init and started(pod)):
            yield f"container {container.name}: {container.state!r}, {container.restarts} restarts"


def manual(family: Family, watch: Watch, _: datetime) -> Iterable[Diagnosis]:
    """OnDelete, or kept back by a partition: the manifest asks for it, so it is said and no failure."""
    kept = tuple(pod for pod in family.old if pod not in blocking_old(family))
    if not kept:
        return
    why = "its update strategy is OnDelete" if is_manual(family.workload) else f"partition {partition(family.workload)}"
    yield Diagnosis(
        "manual-update",
        "note",
        f"{len(kept)} pods of {family.workload.ref} keep the former revision: {why}",
        str(family.workload.ref),
        tuple(f"pod/{pod.name}" for pod in kept),
        f"{_kubectl(watch)} delete pod {' '.join(pod.name for pod in kept)}"
        if is_manual(family.workload)
        else "lower spec.updateStrategy.rollingUpdate.partition",
    )


def progress_deadline(family: Family, _: Watch, __: datetime) -> Iterable[Diagnosis]:
    """The controller's own verdict: said, never believed. It is stale right after a re-apply, it counts termination
    time after a failed rollout, and it never fires when an old pod hangs after a successful one."""
    condition = family.workload.condition("Progressing")
    if condition is None or condition.reason != "ProgressDeadlineExceeded":
        return
    written = family.workload.written
    if written and condition.updated and condition.updated <= written:
        return
    yield Diagnosis(
        "progress-deadline",
        "waiting",
        f"the cluster's own progress deadline for {family.workload.ref} has passed",
        str(family.workload.ref),
        (evident(condition.message),),
    )


def job_failed(family: Family, watch: Watch, _: datetime) -> Iterable[Diagnosis]:
    """A Job's own verdict is final."""
    failed = family.workload.condition("Failed") or family.workload.condition("FailureTarget")
    if family.workload.ref.kind != "Job" or failed is None or failed.status != "True":
        return
    last = family.ended[-1] if family.ended else None
    yield Diagnosis(
        "job-failed",
        "fatal",
        f"{family.workload.ref} failed: {failed.reason}",
        str(family.workload.ref),
        (evident(f"{failed.type} {failed.reason}: {failed.message}"),),
        f"{_kubectl(watch)} logs {family.workload.ref}",
        pod=last.name if last else "",
        container=next((c.name for c in last.containers if not c.init), "") if last else "",
    )


FAMILY_RULES: tuple[FamilyRule, ...] = (
    paused,
    superseded,
    creation_failed,
    overdue,
    leftovers,
    stuck_stateful,
    manual,
    progress_deadline,
    job_failed,
)
