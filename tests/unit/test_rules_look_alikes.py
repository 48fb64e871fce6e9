"""What looks like a sign of the fail-fast table and passes by itself: none of it may fail a rollout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from recorded import after, look, recorded, watching

from deployctl.model.pod import Condition, Container, Event, Pod, Terminated, Waiting
from deployctl.model.rollout import World
from deployctl.model.rules.assess import assess_rollout
from deployctl.model.rules.watch import start_watch


def with_container(world: World, change: Callable[[Container], Container]) -> World:
    """The recorded world with its pods' last container changed."""

    def changed(pod: Pod) -> Pod:
        return replace(pod, containers=(*pod.containers[:-1], change(pod.containers[-1])))

    return replace(world, pods=tuple(changed(pod) for pod in world.pods))


def waiting(reason: str, message: str) -> Callable[[Container], Container]:
    return lambda container: replace(container, state=Waiting(reason, message))


def with_event(world: World, reason: str, message: str) -> World:
    pod = world.pods[0]
    event = Event("Pod", pod.name, pod.uid, "", "Normal", reason, message, 1, world.now)
    return replace(world, events=(*world.events, event))


def creation_refused(world: World, message: str) -> World:
    failure = Condition("ReplicaFailure", "True", "FailedCreate", message)
    return replace(world, pods=(), revisions=tuple(replace(r, conditions=(failure,)) for r in world.revisions))


@dataclass(frozen=True)
class LookAlike:
    """A world that must still be waited for after so many seconds, and what is said of it."""

    name: str
    world: World
    seconds: float
    said: tuple[str, ...] = ()


LOOK_ALIKES = (
    LookAlike(
        "a cache that lags is not a missing Secret",
        with_container(
            recorded("secret-missing"),
            waiting("CreateContainerConfigError", "failed to sync secret cache: timed out waiting for the condition"),
        ),
        120,
        ("config-cache-late",),
    ),
    LookAlike("a slow pull", recorded("pull-slow"), 200),
    LookAlike(
        "a pod whose images are pulled after its init containers",
        with_container(recorded("init-hangs"), waiting("PodInitializing", "")),
        100,
        ("init-running",),
    ),
    LookAlike("a pull that the registry throttles", recorded("pull-throttled"), 80, ("pull-throttled",)),
    LookAlike("a registry that answers 503", recorded("registry-error"), 80, ("registry-error",)),
    LookAlike("killed for memory once", recorded("out-of-memory-once"), 12, ("out-of-memory",)),
    LookAlike(
        "no room, but the autoscaler took it up",
        with_event(recorded("insufficient-memory"), "TriggeredScaleUp", "pod triggered scale-up: [{pool 3->4}]"),
        200,
        ("autoscaler-adds-node",),
    ),
    LookAlike("a quota that terminating pods still use", recorded("quota-while-terminating"), 25, ("quota-exceeded",)),
    LookAlike(
        "a webhook that cannot be called",
        creation_refused(
            recorded("pod-security"), 'Internal error: failed calling webhook "x": dial tcp: connection refused'
        ),
        10,
        ("pod-refused",),
    ),
    LookAlike("a probe that fails during the start", recorded("rolling-update"), 100, ("not-ready",)),
    LookAlike("an init container that takes its time", recorded("init-hangs"), 170, ("init-running",)),
    LookAlike(
        "held back by a scheduling gate",
        replace(
            recorded("insufficient-memory"),
            pods=tuple(
                replace(p, conditions=(Condition("PodScheduled", "False", "SchedulingGated", "blocked by gates"),))
                for p in recorded("insufficient-memory").pods
            ),
        ),
        120,
        ("scheduling-gated",),
    ),
)


@pytest.mark.parametrize("case", LOOK_ALIKES, ids=lambda case: case.name)
def test_it_is_waited_for_and_said(case: LookAlike) -> None:
    report = look(case.world, watching(case.world), 0, case.seconds / 2, case.seconds)
    assert report.phase not in ("done", "failed")
    assert [d.cause for d in report.diagnoses if d.cause != "stuck-terminating"] == list(case.said)
    assert {d.severity for d in report.diagnoses} <= {"waiting"}


def test_a_slow_pull_is_no_sign_but_said() -> None:
    world = recorded("pull-slow")
    assert look(world, watching(world), 0, 100).summary == (
        "pod backend-6f56f88ff4-n68kt on node1 pulls localhost:25000/rules/slow:v2 since 103 s"
    )


@pytest.mark.parametrize("name", ["mounted-late", "restarted-once", "sidecar"])
def test_what_has_passed_fails_nothing_though_its_events_are_still_there(name: str) -> None:
    world = recorded(name)
    assert look(world, watching(world), 0, 1, 15).phase == "done"


def test_restarts_from_before_the_watch_are_not_held_against_the_release() -> None:
    world = with_container(
        recorded("recreate-done"), lambda c: replace(c, restarts=7, last=Terminated("Error", "", 1, None, None))
    )
    old = start_watch(world, watching(world).transition, watching(world).policies, namespace="shop")
    assert look(world, old, 0, 1, 15).phase == "done"
    assert look(world, watching(world), 0).phase == "failed"


def test_a_crash_before_the_container_became_ready_by_its_probe_is_forgiven() -> None:
    """A dependency was late: two failed runs, then Ready by a readiness probe."""
    end = Terminated("Error", "", 1, None, None)
    world = with_container(recorded("rolling-done"), lambda c: replace(c, restarts=2, last=end))
    assert look(world, watching(world), 0, 1, 2).phase == "done"


@pytest.mark.parametrize(
    ("name", "evidence"),
    [("evicted", "Eviction API: evicting"), ("preempted", "preempting to accommodate a higher priority pod")],
)
def test_a_pod_that_was_taken_off_its_node_is_said_and_its_replacement_waited_for(name: str, evidence: str) -> None:
    world = recorded(name)
    report = look(world, watching(world), 0, 10)
    assert report.phase not in ("done", "failed")
    told = next(d for d in report.diagnoses if d.cause == "evicted")
    assert (told.severity, evidence in told.evidence[0]) == ("waiting", True)


def test_a_pod_that_the_kubelet_evicted_is_said() -> None:
    """Failed at once, and never deleted by itself. The lab has no disk pressure to record one."""
    world = recorded("init-hangs")
    pod = world.pods[0]
    evicted = replace(
        pod, name="backend-evicted", uid="evicted", phase="Failed", reason="Evicted", message="low on memory"
    )
    both = replace(world, pods=(evicted, pod))
    report = look(both, watching(both), 0, 60)
    assert report.phase == "startup"
    assert ("evicted", "waiting") in [(d.cause, d.severity) for d in report.diagnoses]


def test_a_container_that_is_killed_because_its_pod_is_evicted_has_not_crashed() -> None:
    killed = Terminated("ContainerStatusUnknown", "", 137, None, None)
    world = with_container(recorded("recreate-done"), lambda c: replace(c, restarts=2, ready=False, last=killed))
    gone = replace(world, pods=tuple(replace(pod, reason="Evicted", message="low on memory") for pod in world.pods))
    crashed, evicted = (look(one, watching(one), 0).diagnoses for one in (world, gone))
    assert "evicted" not in [d.cause for d in crashed]
    assert crashed[0].cause == "crash-loop"
    assert [d.cause for d in evicted] == ["evicted"]


def test_the_failing_pull_of_a_former_revision_does_not_fail_the_fix() -> None:
    world = recorded("progress-deadline-stale")
    report = look(world, watching(world), 0, 5)
    assert report.phase == "teardown"
    assert [d.cause for d in report.diagnoses] == ["stuck-terminating"]


def test_an_old_pod_within_its_thirty_seconds_is_waited_for() -> None:
    world = recorded("recreate-finalizer")
    old = next(pod for pod in world.pods if pod.deleting)
    assert old.deleting is not None
    at = (old.deleting + timedelta(seconds=30) - world.now).total_seconds()
    _, watch = assess_rollout(world, watching(world))
    assert assess_rollout(after(world, at), watch)[0].phase == "teardown"
    assert assess_rollout(after(world, at + 1), watch)[0].phase == "failed"
