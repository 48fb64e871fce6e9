"""Where a rollout stands: the rule that the engine calls at every look. Pure; the memory is handed in and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.rollout import Phase, RolloutReport, World
from deployctl.model.rules.case import Case, event_line, evident
from deployctl.model.rules.completeness import blocking_old, missing, wanted
from deployctl.model.rules.crash_signs import CRASHES
from deployctl.model.rules.fail_fast import is_failed, ripen, signs
from deployctl.model.rules.family import Family, family
from deployctl.model.rules.phases import (
    charged,
    limit,
    note_ready,
    note_unready,
    pass_time,
    phase_of,
    settle_left,
    spent_towards,
)
from deployctl.model.rules.pod_signs import unready_container
from deployctl.model.rules.summaries import pod_line, summary
from deployctl.model.rules.watch import Watch
from deployctl.model.workload import Workload


def assess_rollout(world: World, watch: Watch) -> tuple[RolloutReport, Watch]:
    """One look at one workload. The report's phase `done` means: the current revision serves, all its pods Ready for
    the required looks, the old ones gone; `failed` is final, and its first diagnosis says why. Give the returned
    watch to the next look; looks may come at any interval."""
    workload = next((w for w in world.workloads if w.ref == watch.transition.workload), None)
    if workload is None or not _is_seen(workload, watch):
        return _unseen(world.now, workload, watch)
    return _assess(family(world, workload, watch.baseline), watch, world.now)


def _is_seen(workload: Workload, watch: Watch) -> bool:
    """Whether this snapshot is as new as our own write, and the controller has taken notice of it."""
    ours = watch.applied
    if ours and (workload.generation < ours.generation or (ours.uid and workload.uid != ours.uid)):
        return False  # an older snapshot; or a Job that was deleted to be made anew is still shown
    return workload.ref.kind in ("CronJob", "Job") or workload.observed_generation >= workload.generation


def _unseen(now: datetime, workload: Workload | None, watch: Watch) -> tuple[RolloutReport, Watch]:
    """Deleted, or not looked at by its controller."""
    memory = replace(watch.memory, last=now, phase="pending", spent=tuple(charged(watch.memory, now).items()))
    spent = memory.spent_in("pending")
    left = watch.thresholds.unseen - spent
    ref = watch.transition.workload
    seen = f"generation {workload.generation}, observed {workload.observed_generation}" if workload else "not found"
    words = f"waits for the controller to take notice of {ref}" if workload else f"{ref} does not exist"
    told: tuple[Diagnosis, ...] = ()
    if left <= 0:
        cause = "controller-silent" if workload else "workload-missing"
        action = f"kubectl -n {watch.namespace} describe {ref}"
        told = (Diagnosis(cause, "fatal", f"{words}, for {spent:.0f} s", str(ref), (seen,), action),)
    report = RolloutReport(ref, "failed" if told else "pending", words, 0, 0, 0, told, max(0.0, left))
    return report, replace(watch, memory=memory)


def _assess(members: Family, watch: Watch, now: datetime) -> tuple[RolloutReport, Watch]:
    lacking = missing(members)
    memory = pass_time(watch.memory, members, now)
    memory = note_unready(memory) if lacking else note_ready(memory, members, now)
    diagnoses, memory = ripen(signs(members, watch, now), memory, watch, now)
    settling = settle_left(memory, members, watch, now)
    phase = _phase(members, watch, lacking, settling, memory.streak)
    bound = limit(phase, members, watch)
    left = None if bound is None else bound - spent_towards(phase, memory, members, watch)
    words = summary(phase, members, watch, now, settling)
    memory = replace(memory, phase=phase)
    if phase == "done":
        diagnoses = _after_all(diagnoses)
    if is_failed(members, diagnoses):
        phase, words = "failed", diagnoses[0].summary
    elif left is not None and left <= 0:
        diagnoses = _late(phase, bound or 0.0, words, members, watch, diagnoses)
        phase, words = "failed", diagnoses[0].summary
    remaining = None if left is None else max(0.0, left)
    counts = len(members.ready), wanted(members), len(members.old)
    report = RolloutReport(members.workload.ref, phase, words, *counts, diagnoses, remaining)
    return report, replace(watch, memory=memory)


def _after_all(diagnoses: tuple[Diagnosis, ...]) -> tuple[Diagnosis, ...]:
    """What was waited for has passed; a stumble on the way is still worth a note."""
    told = (replace(d, severity="note") if d.cause in _STUMBLES else d for d in diagnoses if d.severity != "fatal")
    return tuple(d for d in diagnoses if d.severity == "fatal") + tuple(d for d in told if d.severity == "note")


_STUMBLES = (*CRASHES, "evicted")


def _phase(members: Family, watch: Watch, lacking: str, settling: float, streak: int) -> Phase:
    if lacking:
        return phase_of(members)
    if not members.ready or members.workload.ref.kind in ("Job", "CronJob"):
        return "done"
    return "settling" if settling > 0 or streak < watch.policies.repeats else "done"


def _late(
    phase: Phase, bound: float, words: str, members: Family, watch: Watch, told: tuple[Diagnosis, ...]
) -> tuple[Diagnosis, ...]:
    """The phase's own time is over. What was wrong with a new pod all along says more than that it took too long."""
    pods = {f"pod/{pod.name}" for pod in members.new}
    sign = next((d for d in told if d.object in pods and (d.patience or d.cause in CRASHES)), None)
    if sign is None:
        return (_deadline(phase, bound, words, members, watch, told), *told)
    summary = f"{sign.summary}; {_NAMES[phase]} took longer than {bound:.0f} s"
    return (replace(sign, severity="fatal", summary=summary), *(d for d in told if d is not sign))


def _deadline(
    phase: Phase, bound: float, words: str, members: Family, watch: Watch, watched: tuple[Diagnosis, ...]
) -> Diagnosis:
    """What was waited for, with all that is known of it, the signs that were only watched first."""
    suspects = tuple(d for d in watched if d.cause not in _TOLD)
    pod = next(iter(blocking_old(members) if phase == "teardown" else members.unready), None)
    case = Case(pod, members, watch) if pod else None
    container = unready_container(case) if case and phase != "teardown" else None
    events = tuple(event_line(e) for e in case.events[-3:]) if case else ()
    where = f"pod/{pod.name}" if pod else str(members.workload.ref)
    return Diagnosis(
        cause=f"{phase}-deadline",
        severity="fatal",
        summary=f"{_NAMES[phase]} took longer than {bound:.0f} s: {words}",
        object=where,
        evidence=(
            *(d.summary for d in suspects),
            *(evident(line) for line in (*((pod_line(pod),) if pod else (missing(members),)), *events)),
        ),
        action=next((d.action for d in suspects if d.action), f"kubectl -n {watch.namespace} describe {where}"),
        incident=next((d.incident for d in suspects if d.incident), "POD001" if container else ""),
        pod=pod.name if pod and container else "",
        container=container.name if container else "",
    )


_TOLD = ("not-ready", "init-running", "progress-deadline")
"""Signs that say no more than the deadline itself."""
_NAMES: dict[Phase, str] = {
    "teardown": "stopping the old pods",
    "gap": "scheduling and pulling",
    "startup": "starting up",
    "settling": "settling down",
}
