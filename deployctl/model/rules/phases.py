"""Which phase a rollout is in, what it may spend there, and how the memory moves from look to look."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from deployctl.model.json import Json, items, mapping, number
from deployctl.model.pod import Pod, Running, Waiting
from deployctl.model.rollout import Phase
from deployctl.model.rules.completeness import blocking_old, wanted
from deployctl.model.rules.family import Family
from deployctl.model.rules.watch import Memory, Watch
from deployctl.model.workload import Workload

DEFAULT_GRACE = 30


def started(pod: Pod) -> bool:
    """Whether any of its containers, init containers included, has ever run."""
    return any(not isinstance(c.state, Waiting) or c.restarts or c.last for c in pod.containers)


def phase_of(family: Family) -> Phase:
    """The phase of a rollout that is seen by its controller and not complete."""
    old = blocking_old(family)
    if family.workload.strategy == "Recreate" and any(not pod.ended for pod in old):
        return "teardown"  # one that has ended, and that only a finalizer keeps, does not hold the new ones up
    if any(not started(pod) for pod in family.unready):
        return "gap"
    if family.unready:
        return "startup"
    leaving = any(pod.deleting for pod in old) or bool(family.leaving)
    if len(family.new) < wanted(family):
        return "teardown" if leaving else "gap"
    return "teardown" if old or leaving else "startup"


def limit(phase: Phase, family: Family, watch: Watch) -> float | None:
    """Seconds that may be spent in a phase before something new is reached; None: no limit of its own."""
    deadlines, workload = watch.policies.deadlines, family.workload
    if phase == "pending":
        return watch.thresholds.unseen
    if phase == "teardown":
        grace = max((pod.grace for pod in family.old if pod.deleting), default=_grace(watch.baseline.template))
        return deadlines.teardown + grace
    if phase == "gap":
        return deadlines.gap
    if phase in ("startup", "settling"):
        return _job_limit(watch, workload) if workload.ref.kind == "Job" else startup_limit(watch, workload)
    return None


def startup_limit(watch: Watch, workload: Workload) -> float:
    """The configured time past what the template's own probes allow."""
    ready_for = number(workload.spec, "minReadySeconds")
    return watch.policies.deadlines.startup + probe_allowance(workload.template) + ready_for


def settling_time(watch: Watch, workload: Workload) -> float:
    """How long all pods must stay Ready, none restarting."""
    return watch.policies.repeats * watch.policies.poll + (0 if workload.has_readiness_probe else watch.policies.settle)


def _job_limit(watch: Watch, workload: Workload) -> float:
    asked = number(workload.spec, "activeDeadlineSeconds")
    return asked + watch.thresholds.overdue if asked else watch.thresholds.job


def _grace(template: Json) -> int:
    asked = mapping(template, "spec").get("terminationGracePeriodSeconds")
    return asked if isinstance(asked, int) else DEFAULT_GRACE


def probe_allowance(template: Json) -> float:
    """Seconds that the slowest container's own startup and readiness probes may take before it must be Ready."""
    return max((_container_allowance(c) for c in items(template, "spec", "containers")), default=0.0)


def _container_allowance(container: Json) -> float:
    startup, readiness = mapping(container, "startupProbe"), mapping(container, "readinessProbe")
    allowed = 0.0
    if startup:
        tries = number(startup, "failureThreshold") or 3
        allowed += number(startup, "initialDelaySeconds") + tries * (number(startup, "periodSeconds") or 10)
    if readiness:
        successes = number(readiness, "successThreshold") or 1
        allowed += number(readiness, "initialDelaySeconds") + successes * (number(readiness, "periodSeconds") or 10)
    return allowed


def charged(memory: Memory, now: datetime) -> dict[Phase, float]:
    """The budgets after the time since the last look has been charged to the phase that it found."""
    spent = dict(memory.spent)
    if memory.last:
        spent[memory.phase] = memory.spent_in(memory.phase) + max(0.0, (now - memory.last).total_seconds())
    return spent


def pass_time(memory: Memory, family: Family, now: datetime) -> Memory:
    """Charge the time since the last look to the phase it found; progress never reached before refills a budget."""
    spent = charged(memory, now)
    ready, old = len(family.ready), len(blocking_old(family))
    if ready > memory.most_ready:
        spent = {phase: seconds for phase, seconds in spent.items() if phase not in ("gap", "startup", "settling")}
    if memory.least_old is None or old < memory.least_old:
        spent.pop("teardown", None)
    fewest = old if memory.least_old is None else min(old, memory.least_old)
    return replace(
        memory, last=now, spent=tuple(spent.items()), most_ready=max(ready, memory.most_ready), least_old=fewest
    )


def spent_towards(phase: Phase, memory: Memory, family: Family, watch: Watch) -> float:
    """Start-up and settling share a budget, but for one settling time: Ready every other second is not started."""
    if phase in ("startup", "settling"):
        beyond = memory.spent_in("settling") - settling_time(watch, family.workload)
        return memory.spent_in("startup") + max(0.0, beyond)
    return memory.spent_in(phase)


def note_ready(memory: Memory, family: Family, now: datetime) -> Memory:
    """Count the looks at which all was complete and the same pods were Ready, none restarted in between."""
    quiet = frozenset((pod.uid, pod.restarts) for pod in family.ready)
    if quiet == memory.quiet and memory.quiet_since:
        return replace(memory, streak=memory.streak + 1)
    return replace(memory, quiet=quiet, quiet_since=now, streak=1)


def note_unready(memory: Memory) -> Memory:
    """Something is incomplete: the count begins anew."""
    return replace(memory, quiet=frozenset(), quiet_since=None, streak=0)


def settle_left(memory: Memory, family: Family, watch: Watch, now: datetime) -> float:
    """Seconds for which a complete rollout is still watched for restarts; 0 where a readiness probe watches."""
    if family.workload.has_readiness_probe or not family.ready or not memory.quiet_since:
        return 0.0
    if all(pod.uid in watch.baseline.pods and _runs_for(pod, now) >= watch.policies.settle for pod in family.ready):
        return 0.0
    return max(0.0, watch.policies.settle - (now - memory.quiet_since).total_seconds())


def _runs_for(pod: Pod, now: datetime) -> float:
    """Seconds since its newest container started; 0 when that is not known."""
    starts = [c.state.started for c in pod.containers if isinstance(c.state, Running)]
    return min(((now - start).total_seconds() if start else 0.0 for start in starts), default=0.0)
