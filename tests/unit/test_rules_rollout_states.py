"""Where a rollout stands, on objects recorded on a real cluster: phases, completeness, what is said meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from recorded import NOTHING, after, look, objects, recorded, watching, world_of

from deployctl.model.environment import Deadlines, Policies
from deployctl.model.manifest import manifest
from deployctl.model.pod import Condition, Terminated, Waiting
from deployctl.model.rollout import Phase, World
from deployctl.model.rules.assess import assess_rollout
from deployctl.model.rules.watch import Watch, start_watch
from deployctl.model.service import WorkloadRef


@dataclass(frozen=True)
class Stand:
    """What one look at a snapshot says: phase; pods Ready, wanted and old; a part of the summary; causes."""

    name: str
    phase: Phase
    counts: tuple[int, int, int]
    summary: str
    causes: tuple[str, ...] = ()


STANDS = (
    Stand("recreate-teardown", "gap", (0, 1, 1), "on node2 creates its containers", ("stuck-terminating",)),
    Stand("recreate-done", "settling", (1, 1, 0), "1 of 1 pods Ready, watched for 15 s more"),
    Stand("sidecar", "settling", (1, 1, 0), "watched for 15 s more"),
    Stand("rolling-update", "startup", (0, 2, 2), "Readiness probe failed", ("not-ready",)),
    Stand("rolling-done", "settling", (2, 2, 0), "2 of 2 pods Ready, again"),
    Stand("statefulset-rolling", "gap", (0, 2, 1), "pod mongodb-1 on node2 creates its containers"),
    Stand("statefulset-done", "settling", (2, 2, 0), "2 of 2 pods Ready, again"),
    Stand("statefulset-partition", "settling", (1, 1, 1), "1 of 1 pods Ready", ("manual-update",)),
    Stand("statefulset-ondelete", "done", (0, 2, 2), "manual: 2 pods keep the former revision", ("manual-update",)),
    Stand("daemonset-rolling", "gap", (0, 2, 2), "creates its containers"),
    Stand("daemonset-done", "settling", (2, 2, 0), "2 of 2 pods Ready"),
    Stand("job-complete", "done", (0, 1, 0), "complete"),
    Stand("cronjob", "done", (0, 0, 0), "its next run uses the new template"),
    Stand("scaled-to-zero", "done", (0, 0, 0), "no pods are wanted"),
    Stand("init-hangs", "startup", (0, 1, 0), "runs its init container migrate since 49 s", ("init-running",)),
    Stand("never-ready", "startup", (0, 1, 0), "statuscode: 404", ("not-ready",)),
)


@pytest.mark.parametrize("stand", STANDS, ids=lambda stand: stand.name)
def test_one_look_says_where_the_rollout_stands(stand: Stand) -> None:
    world = recorded(stand.name)
    report = look(world, watching(world))
    assert (report.phase, report.ready, report.wanted, report.old) == (stand.phase, *stand.counts)
    assert stand.summary in report.summary
    assert tuple(d.cause for d in report.diagnoses) == stand.causes


COMPLETE = ("recreate-done", "rolling-done", "statefulset-done", "statefulset-partition", "daemonset-done", "sidecar")


@pytest.mark.parametrize("name", COMPLETE)
def test_a_complete_rollout_is_done_after_its_settling_time(name: str) -> None:
    world = recorded(name)
    assert look(world, watching(world), 0, 1, 15).phase == "done"


def test_with_a_readiness_probe_only_the_required_looks_are_waited_for() -> None:
    world = recorded("rolling-done")
    assert look(world, watching(world), 0, 1).phase == "settling"
    assert look(world, watching(world), 0, 1, 2).phase == "done"


def test_without_a_readiness_probe_the_settling_time_is_waited_for_however_often_it_is_looked() -> None:
    world = recorded("recreate-done")
    assert look(world, watching(world), *range(15)).phase == "settling"


def test_pods_that_have_run_for_long_need_no_settling_time() -> None:
    world = after(recorded("recreate-done"), 60)
    assert look(world, watching(world, before=world), 0, 1, 2).phase == "done"


def restarted(world: World) -> World:
    """The same world after the first container of every pod has restarted once."""
    pods = tuple(replace(p, containers=(replace(p.containers[0], restarts=1), *p.containers[1:])) for p in world.pods)
    return replace(world, pods=pods)


def test_a_restart_begins_the_settling_time_anew() -> None:
    world = recorded("recreate-done")
    _, watch = assess_rollout(world, watching(world))
    report = look(restarted(world), watch, 10, 24)
    assert report.phase == "settling"
    assert look(restarted(world), watch, 10, 11, 25).phase == "done"


def test_a_stumble_on_the_way_is_a_note_in_the_end() -> None:
    world = recorded("restarted-once")
    report = look(world, watching(world), 0, 1, 15)
    assert report.phase == "done"
    assert [(d.cause, d.severity) for d in report.diagnoses] == [("crash-loop", "note")]


# ---------------------------------------------------------------- the four traps of Recreate


def test_a_stale_progress_deadline_is_not_mentioned() -> None:
    world = recorded("progress-deadline")
    workload = world.workloads[0]
    progressing = workload.condition("Progressing")
    assert progressing is not None
    assert progressing.updated is not None
    before = replace(world, workloads=(replace(workload, written=progressing.updated - timedelta(seconds=1)),))
    later = replace(world, workloads=(replace(workload, written=progressing.updated + timedelta(seconds=1)),))
    assert "progress-deadline" in [d.cause for d in look(before, watching(world)).diagnoses]
    assert "progress-deadline" not in [d.cause for d in look(later, watching(world)).diagnoses]


def test_a_passed_progress_deadline_alone_fails_nothing() -> None:
    world = recorded("never-ready")
    exceeded = Condition("Progressing", "False", "ProgressDeadlineExceeded", "has timed out", None, world.now)
    world = replace(world, workloads=(replace(world.workloads[0], conditions=(exceeded,)),))
    report = look(world, watching(world), 0, 60)
    assert report.phase == "startup"
    assert ("progress-deadline", "waiting") in [(d.cause, d.severity) for d in report.diagnoses]


def test_what_the_controller_calls_successful_is_not_done_while_an_old_pod_hangs() -> None:
    world = recorded("recreate-finalizer")
    progressing = world.workloads[0].condition("Progressing")
    assert progressing is not None
    assert progressing.reason == "NewReplicaSetAvailable"
    report = look(world, watching(world))
    assert (report.phase, report.ready, report.old) == ("teardown", 1, 1)
    late = look(world, watching(world), 0, 22)
    assert late.phase == "failed"
    assert late.diagnoses[0].cause == "stuck-terminating"
    assert "finalizers example.com/hold hold it" in late.diagnoses[0].summary


def test_failed_pods_that_stall_a_recreate_are_named_with_the_command_that_removes_them() -> None:
    world = recorded("leftover-pods-later")
    stalled = replace(world, pods=tuple(pod for pod in world.pods if pod.ended))
    report = look(stalled, watching(stalled))
    assert report.phase == "gap"
    left = next(d for d in report.diagnoses if d.cause == "leftover-pods")
    names = " ".join(pod.name for pod in stalled.pods)
    assert left.action == f"kubectl -n shop delete pod {names}; or release with --remove-leftovers"
    assert look(world, watching(world), 0, 1, 15).phase == "done"


# ---------------------------------------------------------------- deadlines

QUICK = Policies(deadlines=Deadlines(teardown=10, gap=20, startup=30))


def test_each_phase_has_a_deadline_of_its_own() -> None:
    gap, startup = recorded("statefulset-rolling"), recorded("init-hangs")
    assert look(gap, watching(gap, policies=QUICK), 0, 19.5).phase == "gap"
    late = look(gap, watching(gap, policies=QUICK), 0, 20)
    assert (late.phase, late.diagnoses[0].cause) == ("failed", "gap-deadline")
    assert look(startup, watching(startup, policies=QUICK), 0, 29.5).phase == "startup"
    late = look(startup, watching(startup, policies=QUICK), 0, 30)
    first = late.diagnoses[0]
    assert (late.phase, first.cause, first.container, first.incident) == (
        "failed",
        "startup-deadline",
        "migrate",
        "POD001",
    )


def test_a_deadline_that_strikes_between_two_crashes_is_named_by_the_crash() -> None:
    """A container that takes a minute to crash has crashed but once when the start-up's time is over."""
    world = recorded("crash-loop")
    (pod,) = world.pods
    (container,) = pod.containers
    assert isinstance(container.state, Terminated)
    backing_off = replace(container, state=Waiting("CrashLoopBackOff", "back-off 40s"), last=container.state)
    world = replace(world, pods=(replace(pod, containers=(backing_off,)),))
    watch = watching(world, policies=QUICK)
    once = replace(watch, thresholds=replace(watch.thresholds, restarts=9))
    first, *others = look(world, once, 0, 29.5).diagnoses
    assert (first.cause, first.severity) == ("crash-loop", "waiting")
    late = look(world, once, 0, 30)
    assert (late.phase, late.diagnoses) == (
        "failed",
        (replace(first, severity="fatal", summary=f"{first.summary}; starting up took longer than 30 s"), *others),
    )
    assert (first.previous_logs, first.incident) == (True, "POD001")
    assert "last run: Error, exit code 3" in first.evidence


def test_a_deadline_that_strikes_before_a_failing_pull_is_certain_is_named_by_the_pull() -> None:
    world = recorded("registry-unreachable-refused")
    short = Policies(deadlines=Deadlines(gap=20))
    assert look(world, watching(world, policies=short), 0, 19).phase == "gap"
    late = look(world, watching(world, policies=short), 0, 20)
    assert (late.phase, [d.cause for d in late.diagnoses]) == ("failed", ["registry-unreachable"])


def test_the_deadline_of_the_teardown_begins_after_the_grace_period() -> None:
    world = recorded("quota-while-terminating")
    old = next(pod for pod in world.pods if pod.deleting)
    assert old.grace == 20
    report = look(world, watching(world, policies=QUICK))
    assert (report.phase, report.remaining) == ("teardown", 30.0)
    assert look(world, watching(world, policies=QUICK), 0, 29.5).phase == "teardown"
    assert look(world, watching(world, policies=QUICK), 0, 30).diagnoses[0].cause == "teardown-deadline"


def unstarted(world: World) -> World:
    """The same pods before any of their containers ran."""
    waits = Waiting("ContainerCreating", "")
    pods = (replace(p, containers=tuple(replace(c, state=waits) for c in p.containers)) for p in world.pods)
    return replace(world, pods=tuple(pods))


def ready(world: World) -> World:
    """The same pods, Ready, and a controller that has seen it."""
    condition = Condition("Ready", "True")
    pods = (
        replace(p, conditions=(condition,), containers=tuple(replace(c, ready=True) for c in p.containers))
        for p in world.pods
    )
    workload = world.workloads[0]
    status = {**workload.status, "availableReplicas": 1, "readyReplicas": 1}
    return replace(world, pods=tuple(pods), workloads=(replace(workload, status=status),))


def first_failure(watch: Watch, *worlds: World) -> tuple[int, str]:
    """The second at which worlds that take turns every second are found to have failed, and why."""
    for second in range(600):
        report, watch = assess_rollout(after(worlds[second % len(worlds)], second), watch)
        assert report.phase != "done"
        if report.phase == "failed":
            return second, report.diagnoses[0].cause
    raise AssertionError("it flapped for ten minutes")


def test_flapping_between_phases_refills_no_deadline() -> None:
    world = recorded("init-hangs")
    assert first_failure(watching(world, policies=QUICK), unstarted(world), world) == (40, "gap-deadline")


def test_flapping_readiness_refills_the_start_up_deadline_but_once() -> None:
    world = recorded("never-ready")
    second, cause = first_failure(watching(world, policies=QUICK), world, ready(world))
    assert cause in ("startup-deadline", "settling-deadline")
    assert second <= 40


def test_a_rollout_that_progresses_has_its_deadline_for_each_pod() -> None:
    world = recorded("statefulset-rolling")
    watch = watching(world, policies=QUICK)
    _, watch = assess_rollout(world, watch)
    _, watch = assess_rollout(after(world, 15), watch)
    one = replace(recorded("statefulset-done"), pods=recorded("statefulset-done").pods[:1])
    report, watch = assess_rollout(replace(one, now=world.now + timedelta(seconds=19)), watch)
    assert (report.phase, report.ready) == ("gap", 1)
    report, watch = assess_rollout(replace(one, now=world.now + timedelta(seconds=38)), watch)
    assert report.phase == "gap"
    report, watch = assess_rollout(replace(one, now=world.now + timedelta(seconds=40)), watch)
    assert report.phase == "failed"


def test_what_the_templates_own_probes_allow_is_added_to_the_start_up() -> None:
    seen, found = objects("never-ready")
    container = found[0]["spec"]["template"]["spec"]["containers"][0]
    container["startupProbe"] = {"initialDelaySeconds": 5, "periodSeconds": 10, "failureThreshold": 6}
    found[1]["spec"]["template"]["spec"]["containers"][0]["startupProbe"] = container["startupProbe"]
    world = world_of(seen, found)
    assert look(world, watching(world, policies=QUICK)).remaining == 30 + 5 + 60 + 1


def test_a_job_may_run_as_long_as_its_own_deadline_allows() -> None:
    seen, found = objects("job-failed")
    found[0]["status"] = {"active": 1}
    found[0]["spec"]["activeDeadlineSeconds"] = 600
    pod = next(o for o in found if o["kind"] == "Pod")
    pod["status"]["phase"] = "Running"
    pod["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": "2026-11-23T12:25:48Z"}}
    world = world_of(seen, found)
    report = look(world, watching(world), 0, 620)
    assert (report.phase, report.remaining) == ("startup", 10.0)


# ---------------------------------------------------------------- whose rollout it is


def test_a_snapshot_older_than_our_own_write_is_pending() -> None:
    world = recorded("recreate-done")
    newer = manifest({**objects("recreate-done")[1][0]})
    body = {**newer.body, "metadata": {**newer.body["metadata"], "generation": 99}}
    watch = watching(world)
    applied = start_watch(
        NOTHING, watch.transition, watch.policies, namespace="shop", applied=replace(newer, body=body)
    )
    report = look(world, applied)
    assert (report.phase, report.summary) == (
        "pending",
        "waits for the controller to take notice of deployment/backend",
    )
    assert look(world, applied, 0, 60).diagnoses[0].cause == "controller-silent"


def test_a_write_by_somebody_else_that_the_controller_has_not_seen_yet_refills_no_deadline() -> None:
    world = recorded("init-hangs")
    workload = world.workloads[0]
    scaled = replace(world, workloads=(replace(workload, generation=workload.generation + 1),))
    assert first_failure(watching(world, policies=QUICK), scaled, world) == (61, "startup-deadline")


def test_a_job_that_was_deleted_to_be_made_anew_is_not_taken_for_its_successor() -> None:
    world = recorded("job-complete")
    body = objects("job-complete")[1][0]
    body["metadata"]["uid"] = "of-the-new-one"
    watch = watching(world)
    watch = start_watch(NOTHING, watch.transition, watch.policies, namespace="shop", applied=manifest(body))
    assert look(world, watch).phase == "pending"


def test_a_workload_that_does_not_exist_fails_when_it_stays_away() -> None:
    gone = replace(NOTHING, now=recorded("cronjob").now)
    watch = watching(gone, workload=WorkloadRef("Deployment", "backend"))
    assert look(gone, watch).phase == "pending"
    report = look(gone, watch, 0, 60)
    assert (report.phase, report.diagnoses[0].cause) == ("failed", "workload-missing")


def test_images_that_somebody_else_wrote_after_us_are_no_success() -> None:
    world = recorded("recreate-done")
    watch = watching(world)
    ours = {**objects("recreate-before")[1][0]}
    applied = start_watch(NOTHING, watch.transition, watch.policies, namespace="shop", applied=manifest(ours))
    report = look(world, applied)
    assert (report.phase, report.diagnoses[0].cause) == ("failed", "superseded")
    assert "backend=localhost:25000/rules/app:v2" in report.diagnoses[0].evidence


def test_the_new_replica_set_is_doomed_and_the_old_one_serves_yet_the_rollout_has_failed() -> None:
    world = recorded("rolling-new-absent")
    report = look(world, watching(world))
    assert (report.phase, report.ready, report.old) == ("failed", 0, 2)


def test_a_deployment_has_not_failed_while_one_of_its_new_pods_is_not_doomed() -> None:
    world = recorded("rolling-new-absent")
    doomed = next(pod for pod in world.pods if not pod.ready)
    fine = replace(doomed, name="frontend-other", uid="other", containers=())
    two = replace(world, pods=(*world.pods, fine))
    assert look(two, watching(two), 0, 30).phase == "gap"


def test_a_stateful_set_has_failed_with_any_of_its_pods() -> None:
    world = recorded("statefulset-stuck")
    stuck = next(pod for pod in world.pods if not pod.ready)
    new = replace(stuck, labels={"controller-revision-hash": world.workloads[0].status["updateRevision"]})
    one = replace(world, pods=tuple(new if pod is stuck else pod for pod in world.pods))
    report = look(one, watching(one), 0, 20)
    assert (report.phase, report.diagnoses[0].cause, report.diagnoses[0].object) == (
        "failed",
        "image-absent",
        "pod/mongodb-1",
    )


def test_a_bad_pod_of_a_stateful_set_that_blocks_its_fix_is_named() -> None:
    world = recorded("statefulset-stuck")
    report = look(world, watching(world), 0, 30)
    first = report.diagnoses[0]
    assert (report.phase, first.cause, first.action) == (
        "failed",
        "statefulset-stuck-pod",
        "kubectl -n shop delete pod mongodb-1; or release again with --delete-stuck-pod",
    )
