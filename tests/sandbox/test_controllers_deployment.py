"""Deployments: each kind of rollout as its sequence of conditions and ReplicaSets, and the traps of `Recreate`."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from clockwork import Rehearsal, conditions, container, deployment, rehearsal, set_image

from deployctl.sandbox.contracts import Object

RECREATE: dict[str, Any] = {"strategy": {"type": "Recreate"}}


def story(world: Rehearsal, resource: str, *fields: str) -> list[tuple[Any, ...]]:
    """What a watcher saw of the first object, repetitions left out: the fields of status, then Progressing's reason."""
    rows = []
    for obj in world.seen[resource]:
        status = obj.get("status") or {}
        rows.append((*(status.get(f, 0) for f in fields), conditions(obj).get("Progressing", ("", "", ""))[1]))
    return [row for row, _ in itertools.groupby(rows)]


def progressing(world: Rehearsal, name: str = "web") -> tuple[str, str, str]:
    return conditions(world.get("deployments.apps", name))["Progressing"]


def replica_sets(world: Rehearsal) -> list[tuple[str, int]]:
    """Image and size of each set, oldest first."""
    sets = sorted(
        world.cluster.list("replicasets.apps"),
        key=lambda s: int(s["metadata"]["annotations"]["deployment.kubernetes.io/revision"]),
    )
    return [(s["spec"]["template"]["spec"]["containers"][0]["image"][-1], s["spec"]["replicas"]) for s in sets]


def test_a_first_rollout_goes_through_the_conditions_of_a_real_one() -> None:
    with rehearsal() as world:
        world.create("deployments.apps", deployment(**RECREATE))
        world.advance(10)
        assert story(
            world, "deployments.apps", "observedGeneration", "replicas", "updatedReplicas", "readyReplicas"
        ) == [
            (0, 0, 0, 0, ""),
            (0, 0, 0, 0, "NewReplicaSetCreated"),
            (1, 0, 0, 0, "NewReplicaSetCreated"),
            (1, 1, 1, 0, "ReplicaSetUpdated"),
            (1, 1, 1, 1, "NewReplicaSetAvailable"),
        ]
        done = world.get("deployments.apps", "web")
        assert done["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"
        assert done["metadata"]["generation"] == 1
        name = world.cluster.list("replicasets.apps")[0]["metadata"]["name"]
        assert conditions(done) == {
            "Available": ("True", "MinimumReplicasAvailable", "Deployment has minimum availability."),
            "Progressing": ("True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.'),
        }


def test_recreate_brings_nothing_up_before_the_last_old_pod_is_gone() -> None:
    with rehearsal() as world:
        world.create("deployments.apps", deployment(**RECREATE))
        world.advance(10)
        world.seen["deployments.apps"].clear()
        world.change("deployments.apps", "web", set_image("reg.test/shop/app:2"))
        world.advance(10)
        fields = ("replicas", "updatedReplicas", "terminatingReplicas")
        assert story(world, "deployments.apps", *fields) == [
            (1, 1, 0, "NewReplicaSetAvailable"),
            (1, 0, 0, "NewReplicaSetAvailable"),
            (0, 0, 1, "NewReplicaSetAvailable"),
            (0, 0, 1, "NewReplicaSetCreated"),
            (0, 0, 0, "NewReplicaSetCreated"),
            (1, 1, 0, "ReplicaSetUpdated"),
            (1, 1, 0, "NewReplicaSetAvailable"),
        ]
        assert replica_sets(world) == [("1", 0), ("2", 1)]
        alive = [sum(1 for p in world.pods() if p["status"]["phase"] == "Running")]
        assert alive == [1]


def test_a_rolling_update_stays_within_surge_and_unavailability() -> None:
    with rehearsal() as world:
        rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}
        world.create("deployments.apps", deployment(replicas=4, strategy=rolling))
        world.advance(10)
        world.seen["replicasets.apps"].clear()
        world.change("deployments.apps", "web", set_image("reg.test/shop/app:2"))
        sizes: dict[str, int] = {s["metadata"]["name"]: 4 for s in world.cluster.list("replicasets.apps")}
        world.advance(60)
        for change in world.seen["replicasets.apps"]:
            sizes[change["metadata"]["name"]] = change["spec"]["replicas"]
            assert sum(sizes.values()) <= 5
        available = [d["status"].get("availableReplicas", 0) for d in world.seen["deployments.apps"]]
        assert min(available[available.index(4) :]) >= 3
        assert replica_sets(world) == [("1", 0), ("2", 4)]
        assert progressing(world)[1] == "NewReplicaSetAvailable"


def test_a_rollout_without_progress_times_out_and_recovers() -> None:
    with rehearsal() as world:
        world.create("deployments.apps", deployment(progressDeadlineSeconds=30, **RECREATE))
        world.advance(10)
        world.change("deployments.apps", "web", set_image("reg.test/shop/app:missing"))
        world.advance(45)
        name = world.cluster.list("replicasets.apps")[-1]["metadata"]["name"]
        sets = {s["metadata"]["name"] for s in world.cluster.list("replicasets.apps")}
        state = progressing(world)
        assert state[:2] == ("False", "ProgressDeadlineExceeded")
        assert state[2] in {f'ReplicaSet "{n}" has timed out progressing.' for n in sets | {name}}
        world.change("deployments.apps", "web", set_image("reg.test/shop/app:2"))
        world.advance(20)
        assert progressing(world)[:2] == ("True", "NewReplicaSetAvailable")


def test_trap_1_a_stale_deadline_shows_for_a_moment_after_a_failed_rollout_is_applied_over() -> None:
    with rehearsal() as world:
        world.create(
            "deployments.apps", deployment("web", container("reg.test/shop/app:no"), progressDeadlineSeconds=20)
        )
        world.advance(40)
        assert progressing(world)[1] == "ProgressDeadlineExceeded"
        world.seen["deployments.apps"].clear()
        world.change("deployments.apps", "web", set_image("reg.test/shop/app:2"))
        world.advance(0.005)
        fresh = world.get("deployments.apps", "web")
        assert conditions(fresh)["Progressing"][1] == "ProgressDeadlineExceeded"
        assert fresh["status"]["observedGeneration"] < fresh["metadata"]["generation"]
        world.advance(0.1)
        assert progressing(world)[1] in ("NewReplicaSetCreated", "ReplicaSetUpdated")


def test_trap_2_an_old_pod_that_hangs_leaves_the_old_success_standing_for_ever() -> None:
    with rehearsal() as world:
        spec = {"terminationGracePeriodSeconds": 3600}
        world.create("deployments.apps", deployment(progressDeadlineSeconds=20, pod_spec=spec, **RECREATE))
        world.advance(10)
        world.faults.set("hang-termination", workload="web")
        old = world.cluster.list("replicasets.apps")[0]["metadata"]["name"]
        world.change("deployments.apps", "web", set_image("reg.test/shop/app:2"))
        world.advance(300)
        stuck = world.get("deployments.apps", "web")
        assert conditions(stuck)["Progressing"] == (
            "True",
            "NewReplicaSetAvailable",
            f'ReplicaSet "{old}" has successfully progressed.',
        )
        assert stuck["status"]["observedGeneration"] == stuck["metadata"]["generation"]
        assert stuck["status"].get("updatedReplicas", 0) == 0
        assert stuck["status"]["terminatingReplicas"] == 1


def test_trap_3_after_a_failed_rollout_the_time_of_termination_counts_against_the_deadline() -> None:
    with rehearsal() as world:
        spec = {"terminationGracePeriodSeconds": 60}
        world.faults.set("hang-termination", workload="web")
        world.create("deployments.apps", deployment(progressDeadlineSeconds=20, pod_spec=spec, **RECREATE))
        world.faults.set("app", workload="web", never_ready=True)
        world.advance(40)
        assert progressing(world)[1] == "ProgressDeadlineExceeded"
        world.change("deployments.apps", "web", set_image("reg.test/shop/app:2"))
        world.advance(40)
        assert progressing(world)[1] == "ProgressDeadlineExceeded"
        assert world.get("deployments.apps", "web")["status"]["terminatingReplicas"] == 1
        world.faults.clear("app")
        world.advance(60)
        assert progressing(world)[1] == "NewReplicaSetAvailable"


@pytest.mark.parametrize("older", [True, False], ids=["before 1.37", "1.37"])
def test_trap_4_a_failed_leftover_stalls_the_scale_up_until_the_deadline(older: bool) -> None:
    with rehearsal() as world:
        if older:
            world.faults.set("recreate-stall")
        world.create("deployments.apps", deployment(progressDeadlineSeconds=60, **RECREATE))
        world.advance(10)
        world.faults.set("evict", workload="web", once=True)
        world.advance(10)
        world.faults.clear("evict")
        world.advance(10)
        phases = sorted(p["status"]["phase"] for p in world.pods())
        assert phases == ["Failed", "Running"]
        world.change("deployments.apps", "web", set_image("reg.test/shop/app:2"))
        world.advance(30)
        assert sorted(p["status"]["phase"] for p in world.pods()) == (["Failed"] if older else ["Failed", "Running"])
        world.advance(600)
        assert sorted(p["status"]["phase"] for p in world.pods()) == ["Failed", "Running"]
        assert replica_sets(world) == [("1", 0), ("2", 1)]


def test_scaling_is_no_rollout_and_moves_sizes_in_proportion() -> None:
    with rehearsal() as world:
        rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}}
        world.create("deployments.apps", deployment(replicas=10, strategy=rolling))
        world.advance(15)
        world.change("deployments.apps", "web", set_image("reg.test/shop/app:missing"))
        world.advance(5)
        assert replica_sets(world) == [("1", 8), ("g", 5)]
        world.change("deployments.apps", "web", lambda d: d["spec"].update(replicas=15))
        world.advance(5)
        assert replica_sets(world) == [("1", 11), ("g", 7)]


@pytest.mark.parametrize("paused", [True, False])
def test_a_pause_is_a_condition_and_holds_the_rollout(paused: bool) -> None:
    with rehearsal() as world:
        world.create("deployments.apps", deployment())
        world.advance(10)

        def edit(obj: Object) -> None:
            obj["spec"]["paused"] = True
            set_image("reg.test/shop/app:2")(obj)

        world.change("deployments.apps", "web", edit)
        world.advance(10)
        assert progressing(world) == ("Unknown", "DeploymentPaused", "Deployment is paused")
        assert replica_sets(world) == [("1", 1)]
        if not paused:
            world.change("deployments.apps", "web", lambda d: d["spec"].update(paused=False))
            world.advance(20)
            assert progressing(world)[1] == "NewReplicaSetAvailable"
            assert replica_sets(world) == [("1", 0), ("2", 1)]


def test_history_is_trimmed_and_a_rollback_takes_up_its_old_set() -> None:
    with rehearsal() as world:
        world.create("deployments.apps", deployment(revisionHistoryLimit=1))
        world.advance(10)
        for tag in ("2", "3", "4"):
            world.shelf.put(f"reg.test/shop/app:{tag}", ports="8000")
            world.change("deployments.apps", "web", set_image(f"reg.test/shop/app:{tag}"))
            world.advance(15)
        assert replica_sets(world) == [("3", 0), ("4", 1)]
        world.change("deployments.apps", "web", set_image("reg.test/shop/app:3"))
        world.advance(15)
        assert replica_sets(world) == [("4", 0), ("3", 1)]
        newest = next(s for s in world.cluster.list("replicasets.apps") if s["spec"]["replicas"])
        annotations = newest["metadata"]["annotations"]
        assert annotations["deployment.kubernetes.io/revision"] == "5"
        assert annotations["deployment.kubernetes.io/revision-history"] == "3"


def test_the_events_of_a_rollout_are_those_of_the_real_controller() -> None:
    with rehearsal() as world:
        world.create("deployments.apps", deployment(**RECREATE))
        world.advance(10)
        world.change("deployments.apps", "web", set_image("reg.test/shop/app:2"))
        world.advance(10)
        names = {s["spec"]["replicas"]: s["metadata"]["name"] for s in world.cluster.list("replicasets.apps")}
        assert world.events("Deployment") == [
            ("Normal", "ScalingReplicaSet", f"Scaled up replica set {names[0]} from 0 to 1"),
            ("Normal", "ScalingReplicaSet", f"Scaled down replica set {names[0]} from 1 to 0"),
            ("Normal", "ScalingReplicaSet", f"Scaled up replica set {names[1]} from 0 to 1"),
        ]
