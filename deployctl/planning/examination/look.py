"""One look at the workloads: the fail-fast table, with no time to wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from deployctl.model.diagnosis import Diagnosis, Severity
from deployctl.model.environment import Environment
from deployctl.model.examination import Present
from deployctl.model.json import dig
from deployctl.model.plan import Transition
from deployctl.model.pod import Container, Pod, Running
from deployctl.model.rollout import Phase, RolloutReport, World
from deployctl.model.rules.assess import assess_rollout
from deployctl.model.rules.fail_fast import signs
from deployctl.model.rules.family import Family
from deployctl.model.rules.phases import startup_limit
from deployctl.model.rules.thresholds import Thresholds, impatient
from deployctl.model.rules.watch import Baseline, Watch
from deployctl.model.service import WorkloadRef
from deployctl.model.workload import Workload, parse_workload
from deployctl.planning.examination.former import former_template
from deployctl.planning.transitions import transition_kind

SETTLED = 600.0
"""Seconds after which a running container's earlier restarts are history; the kubelet, too, forgets them then."""


def at_one_look() -> Thresholds:
    """Every sign counts at once; but a controller is given the time that it has in a rollout to take notice."""
    return replace(impatient(), unseen=Thresholds().unseen)


def looked_at(present: Present) -> tuple[Workload, ...]:
    """Of everything: all but Jobs that a later run has replaced. Of named services: their workloads, and the runs of
    their CronJobs."""
    live = present.snapshot.world.workloads
    cronjobs = frozenset(w.ref.name for w in live if w.ref.kind == "CronJob")
    newest = _newest_runs(live, cronjobs)
    kept = tuple(w for w in live if w.ref.kind != "Job" or w.ref in newest)
    if present.everything:
        return kept
    named = {ref for service in present.services for ref in service.workloads}
    runs = {ref.name for ref in named if ref.kind == "CronJob"}
    return tuple(w for w in kept if w.ref in named or (w.ref.kind == "Job" and _cronjob(w, runs)))


def _newest_runs(live: tuple[Workload, ...], cronjobs: Iterable[str]) -> frozenset[WorkloadRef]:
    """A CronJob's failed run is over once a later one has been made; other Jobs stand for themselves."""
    newest: dict[str, Workload] = {}
    for job in (w for w in live if w.ref.kind == "Job"):
        key = _cronjob(job, cronjobs) or f"job {job.ref.name}"
        if key not in newest or _created(job) > _created(newest[key]):
            newest[key] = job
    return frozenset(w.ref for w in newest.values())


def _cronjob(job: Workload, names: Iterable[str]) -> str:
    """The CronJob whose run this is: its controller adds the minute it was due to the name."""
    return next((n for n in names if job.ref.name.rpartition("-")[0] == n), "")


def _created(workload: Workload) -> float:
    return workload.created.timestamp() if workload.created else 0.0


def reports(present: Present) -> tuple[RolloutReport, ...]:
    """One for each workload that is looked at, and for each that a service should have and that is not there."""
    live = looked_at(present)
    there = {w.ref for w in live}
    absent = dict.fromkeys(r for s in present.services for r in s.workloads if r not in there)
    return (
        *(_judged(present, w) for w in live),
        *(_absent(ref) for ref in absent),
        *(_bare(present, pod) for pod in present.snapshot.world.pods if present.everything and _is_bare(pod)),
    )


def _absent(ref: WorkloadRef) -> RolloutReport:
    what = f"{ref} does not exist"
    action = "deployctl release, or correct services.*.workloads in the configuration"
    found = Diagnosis("workload-missing", "fatal", what, str(ref), ("not found in the namespace",), action)
    return RolloutReport(ref, "failed", what, 0, 0, 0, (found,))


def _judged(present: Present, workload: Workload) -> RolloutReport:
    snapshot = present.snapshot
    former = former_template(snapshot.world, workload, snapshot.history)
    watch = _watch(snapshot.environment, snapshot.world, workload, Baseline(template=former))
    report, _ = assess_rollout(snapshot.world, watch)
    told = tuple(_overdue(d, watch, workload, snapshot.world) for d in report.diagnoses)
    return replace(report, diagnoses=told or tuple(_quiet(present, report, workload)), remaining=None)


def _watch(environment: Environment, world: World, workload: Workload, baseline: Baseline) -> Watch:
    """Restarts of containers that have been running well for long are nobody's concern any more."""
    past = tuple(
        (pod.uid, c.name, c.restarts)
        for pod in world.pods
        for c in pod.containers
        if c.restarts and _runs_for(c, world.now) >= SETTLED
    )
    return Watch(
        Transition(workload.ref, transition_kind(workload)),
        replace(environment.policies, settle=0.0, repeats=1),
        environment.namespace,
        at_one_look(),
        replace(baseline, restarts=past),
    )


def _runs_for(container: Container, now: datetime) -> float:
    state = container.state
    return (now - state.started).total_seconds() if isinstance(state, Running) and state.started else 0.0


def _overdue(diagnosis: Diagnosis, watch: Watch, workload: Workload, world: World) -> Diagnosis:
    """What a rollout would only wait for up to its deadline has, at one look, had that time already."""
    if diagnosis.cause not in ("not-ready", "init-running"):
        return diagnosis
    pod = next((p for p in world.pods if p.name == diagnosis.pod), None)
    container = next((c for c in pod.containers if c.name == diagnosis.container), None) if pod else None
    runs, limit = _runs_for(container, world.now) if container else 0.0, startup_limit(watch, workload)
    if runs <= limit:
        return diagnosis
    return replace(diagnosis, severity="fatal", summary=f"{diagnosis.summary}, for {runs:.0f} s")


def _quiet(present: Present, report: RolloutReport, workload: Workload) -> Iterator[Diagnosis]:
    """Nothing is silent: what is on its way is said, and what stands still at zero."""
    ref = str(workload.ref)
    if report.phase != "done":
        yield Diagnosis("not-settled", "waiting", f"{ref} {report.summary}", ref)
    elif workload.ref.kind in ("Deployment", "StatefulSet") and workload.replicas == 0:
        asked = _replicas_on_disk(present, workload.ref)
        action = f"kubectl -n {present.snapshot.environment.namespace} scale {ref} --replicas={asked or 1}"
        severity: Severity = "fatal" if asked else "note"
        yield Diagnosis("scaled-to-zero", severity, f"{ref} is scaled to zero", ref, ("spec.replicas: 0",), action)


def _replicas_on_disk(present: Present, ref: WorkloadRef) -> int:
    """What the overlay asks for; 0 when it has no such workload."""
    for manifest in present.snapshot.manifests:
        if (manifest.ref.kind, manifest.ref.name) == (ref.kind, ref.name):
            asked = dig(manifest.body, "spec", "replicas")
            return asked if isinstance(asked, int) else 1
    return 0


def _is_bare(pod: Pod) -> bool:
    return not pod.owner and not pod.ended and not pod.deleting


def _bare(present: Present, pod: Pod) -> RolloutReport:
    """A pod that nobody manages, as if it were its own workload."""
    body = {"kind": "Pod", "metadata": {"name": pod.name, "uid": pod.uid}}
    workload, world = parse_workload(body), present.snapshot.world
    own = tuple(e for e in world.events if e.uid == pod.uid)
    members = Family(workload, None, (), (pod,), (), (), (), own, world.nodes)
    watch = _watch(present.snapshot.environment, world, workload, Baseline())
    found = signs(members, watch, world.now)
    ready = 1 if pod.ready else 0
    phase: Phase = "done" if pod.ready and not found else "startup"
    return RolloutReport(workload.ref, phase, f"a pod of its own, {pod.phase}", ready, 1, 0, found)
