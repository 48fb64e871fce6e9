"""What a rollout waits for, in one line that a person understands at a glance."""

from __future__ import annotations

from datetime import datetime

from deployctl.model.pod import Pod, Running, Waiting
from deployctl.model.rollout import Phase
from deployctl.model.rules.case import Case, evident
from deployctl.model.rules.completeness import blocking_old, is_manual, missing, wanted
from deployctl.model.rules.family import Family
from deployctl.model.rules.phases import started
from deployctl.model.rules.watch import Watch


def summary(phase: Phase, family: Family, watch: Watch, now: datetime, settling: float) -> str:
    """One line for the phase."""
    if phase == "pending":
        return f"waits for the controller to take notice of {family.workload.ref}"
    if phase == "teardown":
        return _teardown(family, now)
    if phase == "gap":
        return _gap(family, watch, now)
    if phase == "startup":
        return _startup(family, watch, now)
    if phase == "settling":
        return f"{_ready(family)}, watched for {settling:.0f} s more" if settling >= 1 else f"{_ready(family)}, again"
    return _done(family)


def _ready(family: Family) -> str:
    return f"{len(family.ready)} of {wanted(family)} pods Ready"


def _teardown(family: Family, now: datetime) -> str:
    leaving = [pod for pod in (*blocking_old(family), *family.leaving) if pod.deleting]
    if not leaving:
        return f"waits for {len(blocking_old(family))} old pods to be stopped"
    pod = max(leaving, key=lambda p: p.deleting or now)
    assert pod.deleting
    left = (pod.deleting - now).total_seconds()
    time = f"{left:.0f} s of its grace period left" if left > 0 else f"{abs(left):.0f} s past its grace period"
    more = f" (and {len(leaving) - 1} more)" if len(leaving) > 1 else ""
    return f"waits for old pod {pod.name} on {pod.node or 'no node'} to end, {time}{more}"


def _gap(family: Family, watch: Watch, now: datetime) -> str:
    pod = next((p for p in family.unready if not started(p)), None)
    if pod is None:
        return f"waits for the controller to make a pod: {missing(family) or _ready(family)}"
    if not pod.node:
        condition = pod.condition("PodScheduled")
        why = f": {evident(condition.message)}" if condition and condition.message else ""
        return f"pod {pod.name} waits for a node{_for(pod.created, now)}{why}"
    return f"pod {pod.name} on {pod.node} {_preparing(Case(pod, family, watch), now)}"


def _preparing(case: Case, now: datetime) -> str:
    waits = [c for c in case.pod.containers if isinstance(c.state, Waiting)]
    odd = next((c for c in waits if _reason(c.state) not in ("ContainerCreating", "PodInitializing", "")), None)
    if odd is not None:
        return f"waits: {odd.name} {_reason(odd.state)}"
    pulls = case.reasons("Pulling", "Pulled")
    if pulls and pulls[-1].reason == "Pulling":
        image = pulls[-1].message.removeprefix("Pulling image ").strip('"')
        return f"pulls {image}{_for(pulls[-1].last_seen, now)}"
    return f"creates its containers{_for(case.pod.created, now)}"


def _reason(state: object) -> str:
    return state.reason if isinstance(state, Waiting) else ""


def _startup(family: Family, watch: Watch, now: datetime) -> str:
    pod = next(iter(family.unready), None)
    if pod is None:
        return missing(family) or _ready(family)
    return f"pod {pod.name} on {pod.node} {_starting(Case(pod, family, watch), now)}"


def _starting(case: Case, now: datetime) -> str:
    init = next((c for c in case.pod.containers if c.init and isinstance(c.state, Running) and not c.ready), None)
    if init is not None:
        return f"runs its init container {init.name}{_since(init.state, now)}"
    running = next((c for c in case.pod.containers if isinstance(c.state, Running) and not c.ready), None)
    if running is None:
        return _preparing(case, now)
    failing = case.reasons("Unhealthy")
    why = f": {evident(failing[-1].message)}" if failing else ""
    return f"runs {running.name}{_since(running.state, now)} and is not Ready{why}"


def _since(state: object, now: datetime) -> str:
    return _for(state.started, now) if isinstance(state, Running) else ""


def _for(start: datetime | None, now: datetime) -> str:
    """How long something has lasted, where its beginning is known."""
    return f" since {max(0.0, (now - start).total_seconds()):.0f} s" if start else ""


def _done(family: Family) -> str:
    kind = family.workload.ref.kind
    if kind == "CronJob":
        return "its next run uses the new template"
    if kind == "Job":
        return "suspended, runs nothing" if family.workload.spec.get("suspend") is True else "complete"
    if wanted(family) == 0:
        return "no pods are wanted"
    if is_manual(family.workload):
        return f"manual: {len(family.old)} pods keep the former revision until somebody deletes them"
    revision = f" on {family.revision.name}" if family.revision else ""
    kept = f", {len(family.old)} kept at the former revision by the partition" if family.old else ""
    return f"{_ready(family)}{revision}{kept}"


def pod_line(pod: Pod) -> str:
    """A pod's state as evidence."""
    states = ", ".join(f"{c.name} {_reason(c.state) or type(c.state).__name__.lower()}" for c in pod.containers)
    return f"pod/{pod.name} on {pod.node or 'no node'}: {pod.phase}" + (f", {states}" if states else "")
