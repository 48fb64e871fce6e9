"""The fail-fast table's rows about a workload as a whole; and all rules about families, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.pod import Terminated
from deployctl.model.rules.case import evident, kubectl
from deployctl.model.rules.completeness import blocking_old, is_manual, partition
from deployctl.model.rules.creation_signs import creation_failed
from deployctl.model.rules.family import Family
from deployctl.model.rules.old_pod_signs import leftovers, node_rejects, overdue, stuck_stateful
from deployctl.model.rules.watch import Watch

FamilyRule = Callable[[Family, Watch, datetime], Iterable[Diagnosis]]


def paused(family: Family, watch: Watch, _: datetime) -> Iterable[Diagnosis]:
    """A paused Deployment rolls nothing out: failed at once."""
    if family.workload.ref.kind == "Deployment" and family.workload.paused:
        yield Diagnosis(
            "paused",
            "fatal",
            f"{family.workload.ref} is paused: its controller makes no new pods",
            str(family.workload.ref),
            ("spec.paused: true",),
            f"{kubectl(watch)} rollout resume {family.workload.ref}",
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
            f"{kubectl(watch)} get {live.ref} -o yaml --show-managed-fields, to see who; then release again",
        )


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
        f"{kubectl(watch)} delete pod {' '.join(pod.name for pod in kept)}"
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
        f"{kubectl(watch)} logs {family.workload.ref}",
        pod=last.name if last else "",
        container=next((c.name for c in last.containers if not c.init), "") if last else "",
    )


def job_retries(family: Family, watch: Watch, _: datetime) -> Iterable[Diagnosis]:
    """A Job's pod has failed, and its controller tries again after a pause that grows: waited for, never silently."""
    failed = tuple(pod for pod in family.ended if pod.phase == "Failed")
    over = any(
        c.type in ("Complete", "Failed", "FailureTarget") and c.status == "True" for c in family.workload.conditions
    )
    if family.workload.ref.kind != "Job" or not failed or over:
        return
    last = max(failed, key=lambda pod: pod.created.timestamp() if pod.created else 0.0)
    end = next(((c, c.state) for c in last.containers if isinstance(c.state, Terminated) and c.state.exit_code), None)
    why = f": container {end[0].name} ended with {end[1].reason or 'code'} {end[1].exit_code}" if end else ""
    yield Diagnosis(
        "job-retries",
        "waiting",
        f"{family.workload.ref} has failed {len(failed)} times and tries again{why}",
        str(family.workload.ref),
        tuple(evident(f"pod/{p.name} on {p.node}: {p.phase} {p.reason}: {p.message}") for p in failed[-3:]),
        f"{kubectl(watch)} logs {last.name}",
        "POD001",
        pod=last.name if end else "",
        container=end[0].name if end else "",
    )


FAMILY_RULES: tuple[FamilyRule, ...] = (
    paused,
    superseded,
    creation_failed,
    overdue,
    leftovers,
    node_rejects,
    stuck_stateful,
    manual,
    progress_deadline,
    job_failed,
    job_retries,
)
