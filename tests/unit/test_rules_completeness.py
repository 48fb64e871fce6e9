"""A rollout is complete by its controller's numbers and by its pods: each number that lags keeps it from being done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from recorded import look, recorded, watching

from deployctl.model.rollout import World
from deployctl.model.rules.completeness import missing
from deployctl.model.rules.family import family
from deployctl.model.rules.watch import Baseline


def with_status(world: World, **status: Any) -> World:
    workload = world.workloads[0]
    return replace(world, workloads=(replace(workload, status={**workload.status, **status}),))


def lacking(world: World) -> str:
    return missing(family(world, world.workloads[0], Baseline()))


LAGGING = (
    ("recreate-done", {"updatedReplicas": 0}, "0 of 1 pods updated"),
    ("recreate-done", {"replicas": 2}, "1 old pod counted by the controller"),
    ("recreate-done", {"availableReplicas": 0}, "0 of 1 pods available"),
    ("rolling-done", {"updatedReplicas": 1}, "1 of 2 pods updated"),
    ("rolling-done", {"replicas": 4}, "2 old pods counted by the controller"),
    ("statefulset-done", {"updatedReplicas": 1}, "1 of 2 pods updated"),
    ("statefulset-done", {"readyReplicas": 1}, "1 of 2 pods Ready"),
    ("statefulset-done", {"availableReplicas": 1}, "1 of 2 pods available"),
    ("statefulset-done", {"currentRevision": "mongodb-old"}, "is not the current one yet (mongodb-old is)"),
    ("statefulset-done", {"updateRevision": ""}, "its controller names no revision yet"),
    ("statefulset-partition", {"updatedReplicas": 0}, "0 of 1 pods updated"),
    ("daemonset-done", {"updatedNumberScheduled": 1}, "1 of 2 pods updated"),
    ("daemonset-done", {"numberAvailable": 1}, "1 of 2 pods available"),
)


@pytest.mark.parametrize(("name", "status", "words"), LAGGING, ids=range(len(LAGGING)))
def test_a_number_of_the_controller_that_lags_is_not_done(name: str, status: dict[str, Any], words: str) -> None:
    whole, lagging = recorded(name), with_status(recorded(name), **status)
    assert lacking(whole) == ""
    assert words in lacking(lagging)
    assert look(lagging, watching(lagging), 0, 1, 2, 15).phase != "done"


@pytest.mark.parametrize("name", ["recreate-done", "rolling-done", "statefulset-done", "daemonset-done"])
def test_a_pod_that_has_just_stopped_being_ready_is_not_done_though_the_controller_says_so(name: str) -> None:
    world = recorded(name)
    fallen = replace(world, pods=(replace(world.pods[0], conditions=()), *world.pods[1:]))
    assert f"{len(world.pods) - 1} of {len(world.pods)} pods Ready" in lacking(fallen)


def test_a_replica_set_whose_template_is_another_one_is_not_the_one_that_counts() -> None:
    world = recorded("recreate-done")
    workload = world.workloads[0]
    other = replace(workload, template={**workload.template, "metadata": {"labels": {"app": "backend", "x": "y"}}})
    assert lacking(replace(world, workloads=(other,))) == "the ReplicaSet of the current template does not exist yet"


def test_scaled_to_zero_is_done_only_when_the_last_pod_has_gone() -> None:
    world, before = recorded("scaled-to-zero"), recorded("recreate-done")
    owner = world.revisions[0].uid
    leaving = replace(before.pods[0], owner=owner, deleting=world.now)
    assert lacking(world) == ""
    assert lacking(replace(world, pods=(leaving,))) == "1 pod still there"


def test_a_job_that_runs_is_not_complete() -> None:
    world = recorded("job-complete")
    running = replace(world, workloads=(replace(world.workloads[0], conditions=(), status={"active": 1}),))
    assert lacking(running) == "0 of 1 completions"


def test_any_doomed_pod_of_a_stateful_set_fails_it_and_any_sound_pod_of_a_deployment_keeps_it() -> None:
    world = recorded("statefulset-stuck")
    current = {"controller-revision-hash": world.workloads[0].status["updateRevision"]}
    new = replace(world, pods=tuple(replace(pod, labels=current) for pod in world.pods))
    assert sorted(pod.ready for pod in new.pods) == [False, True]
    assert look(new, watching(new), 0, 20).phase == "failed"
