"""StatefulSets, DaemonSets, Jobs and CronJobs: their order, their words, their ends."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from clockwork import Rehearsal, conditions, container, pod, rehearsal, set_image, state, waiting

from deployctl.sandbox.contracts import Object

READY = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 1}
FAST = {"terminationGracePeriodSeconds": 2}


def stateful_set(replicas: int = 2, **spec: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "serviceName": "db",
            "selector": {"matchLabels": {"app": "db"}},
            "template": {
                "metadata": {"labels": {"app": "db"}},
                "spec": {"containers": [container(readinessProbe=READY)], **FAST},
            },
            **spec,
        },
    }


def daemon_set(**spec: Any) -> Object:
    template = {"metadata": {"labels": {"app": "ds"}}, "spec": {"containers": [container()], **FAST}}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "ds", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "ds"}}, "template": template, **spec},
    }


def job(script: str, name: str = "task", policy: str = "Never", **spec: Any) -> Object:
    template = {"spec": {"restartPolicy": policy, "containers": [container(command=["sh", "-c", script])]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"template": template, **spec},
    }


def cron_job(script: str = "sleep 2", **spec: Any) -> Object:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "nightly", "namespace": "default"},
        "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": job(script)["spec"]}, **spec},
    }


def life(world: Rehearsal, resource: str, *fields: str) -> list[tuple[Any, ...]]:
    rows = [tuple((o.get("status") or {}).get(f, 0) for f in fields) for o in world.seen[resource]]
    return [row for row, _ in itertools.groupby(rows)]


def images(world: Rehearsal, app: str) -> dict[str, str]:
    return {p["metadata"]["name"]: p["spec"]["containers"][0]["image"][-1] for p in world.pods(app=app)}


def test_a_stateful_set_starts_one_after_the_other() -> None:
    with rehearsal() as world:
        world.create("statefulsets.apps", stateful_set())
        world.advance(20)
        assert life(world, "statefulsets.apps", "replicas", "readyReplicas", "updatedReplicas") == [
            (0, 0, 0),
            (1, 0, 1),
            (1, 1, 1),
            (2, 1, 2),
            (2, 2, 2),
        ]
        assert world.events("StatefulSet") == [
            ("Normal", "SuccessfulCreate", "Create Pod db-0 in StatefulSet db successful"),
            ("Normal", "SuccessfulCreate", "Create Pod db-1 in StatefulSet db successful"),
        ]
        first = world.get("pods", "db-0")
        assert first["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] == "db-0"
        assert (first["spec"]["hostname"], first["spec"]["subdomain"]) == ("db-0", "db")


def test_a_stateful_set_rolls_from_the_last_pod_down_and_its_revisions_meet_at_the_end() -> None:
    with rehearsal() as world:
        world.create("statefulsets.apps", stateful_set())
        world.advance(20)
        world.change("statefulsets.apps", "db", set_image("reg.test/shop/app:2"))
        world.advance(2.5)
        status = world.get("statefulsets.apps", "db")["status"]
        assert status["currentRevision"] != status["updateRevision"]
        assert images(world, "db") == {"db-0": "1", "db-1": "2"}
        world.advance(20)
        status = world.get("statefulsets.apps", "db")["status"]
        assert status["currentRevision"] == status["updateRevision"]
        assert images(world, "db") == {"db-0": "2", "db-1": "2"}
        deleted = [m for _, r, m in world.events("StatefulSet") if r == "SuccessfulDelete"]
        assert deleted == [f"Delete Pod db-{n} in StatefulSet db successful" for n in (1, 0)]


def test_a_bad_pod_of_a_stateful_set_stays_bad_after_the_fix_until_it_is_deleted() -> None:
    with rehearsal() as world:
        world.create("statefulsets.apps", stateful_set())
        world.advance(20)
        world.change("statefulsets.apps", "db", set_image("reg.test/shop/app:nope"))
        world.advance(20)
        assert waiting(world.get("pods", "db-1"))[0] in ("ErrImagePull", "ImagePullBackOff")
        world.change("statefulsets.apps", "db", set_image("reg.test/shop/app:2"))
        world.advance(60)
        assert world.get("pods", "db-1")["spec"]["containers"][0]["image"] == "reg.test/shop/app:nope"
        world.delete("pods", "db-1")
        world.advance(30)
        assert images(world, "db") == {"db-0": "2", "db-1": "2"}


def test_a_parallel_set_starts_at_once_but_rolls_one_by_one() -> None:
    with rehearsal() as world:
        world.create("statefulsets.apps", stateful_set(3, podManagementPolicy="Parallel"))
        world.advance(1)
        assert len(world.pods(app="db")) == 3
        world.advance(10)
        world.change("statefulsets.apps", "db", set_image("reg.test/shop/app:2"))
        ready = []
        for _ in range(40):
            world.advance(0.5)
            ready.append(world.get("statefulsets.apps", "db")["status"].get("readyReplicas", 0))
        assert min(ready) == 2
        assert images(world, "db") == {"db-0": "2", "db-1": "2", "db-2": "2"}


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ({"type": "OnDelete"}, {"db-0": "1", "db-1": "1"}),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}, {"db-0": "1", "db-1": "2"}),
    ],
    ids=["OnDelete", "partition"],
)
def test_on_delete_and_partitions_hold_pods_back(strategy: Object, expected: dict[str, str]) -> None:
    with rehearsal() as world:
        world.create("statefulsets.apps", stateful_set(updateStrategy=strategy))
        world.advance(20)
        world.change("statefulsets.apps", "db", set_image("reg.test/shop/app:2"))
        world.advance(40)
        assert images(world, "db") == expected


def test_claims_are_made_from_templates_and_outlive_a_scale_down() -> None:
    with rehearsal() as world:
        storage: Object = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "disk"}}
        world.create("storageclasses.storage.k8s.io", {**storage, "provisioner": "disk.test"})
        claim = {
            "metadata": {"name": "data"},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "disk",
                "resources": {"requests": {"storage": "1Gi"}},
            },
        }
        world.create("statefulsets.apps", stateful_set(volumeClaimTemplates=[claim]))
        world.advance(20)
        claims = {c["metadata"]["name"]: c["status"]["phase"] for c in world.cluster.list("persistentvolumeclaims")}
        assert claims == {"data-db-0": "Bound", "data-db-1": "Bound"}
        world.change("statefulsets.apps", "db", lambda s: s["spec"].update(replicas=1))
        world.advance(10)
        assert list(images(world, "db")) == ["db-0"]
        assert len(world.cluster.list("persistentvolumeclaims")) == 2


def test_a_daemon_set_covers_every_node_it_may_and_rolls_one_by_one() -> None:
    with rehearsal() as world:
        world.create("daemonsets.apps", daemon_set())
        world.advance(10)
        status = world.get("daemonsets.apps", "ds")["status"]
        assert (status["desiredNumberScheduled"], status["numberAvailable"]) == (2, 2)
        assert {p["spec"]["nodeName"] for p in world.pods(app="ds")} == {"node1", "node2"}
        world.change("daemonsets.apps", "ds", set_image("reg.test/shop/app:2"))
        world.advance(1)
        assert sorted(images(world, "ds").values()) in (["1", "1"], ["1", "2"])
        world.advance(20)
        status = world.get("daemonsets.apps", "ds")["status"]
        assert (status["updatedNumberScheduled"], status["numberAvailable"]) == (2, 2)
        assert sorted(images(world, "ds").values()) == ["2", "2"]


def test_a_tainted_node_gets_no_daemon() -> None:
    with rehearsal() as world:
        taint = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
        world.change("nodes", "node2", lambda n: n["spec"].update(taints=[taint]), namespace="")
        world.create("daemonsets.apps", daemon_set())
        world.advance(10)
        assert [p["spec"]["nodeName"] for p in world.pods(app="ds")] == ["node1"]
        assert world.get("daemonsets.apps", "ds")["status"]["desiredNumberScheduled"] == 1


REACHED = "Reached expected number of succeeded pods"


def test_a_job_completes_with_both_conditions() -> None:
    with rehearsal() as world:
        world.create("jobs.batch", job("sleep 2"))
        world.advance(10)
        task = world.get("jobs.batch", "task")
        assert conditions(task) == {
            "SuccessCriteriaMet": ("True", "CompletionsReached", REACHED),
            "Complete": ("True", "CompletionsReached", REACHED),
        }
        assert task["status"]["succeeded"] == 1
        assert task["status"]["uncountedTerminatedPods"] == {}
        assert [e[1] for e in world.events("Job")] == ["SuccessfulCreate", "Completed"]
        assert world.pods()[0]["metadata"].get("finalizers") is None


def test_a_job_gives_up_at_its_backoff_limit() -> None:
    with rehearsal() as world:
        world.create("jobs.batch", job("exit 1", backoffLimit=1))
        world.advance(9)
        assert len(world.pods()) == 1
        world.advance(50)
        task = world.get("jobs.batch", "task")
        words = ("True", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
        assert conditions(task) == {"FailureTarget": words, "Failed": words}
        assert task["status"]["failed"] == 2
        assert len(world.pods()) == 2
        assert ("Warning", *words[1:]) in world.events("Job")


def test_a_job_is_stopped_at_its_deadline() -> None:
    with rehearsal() as world:
        world.create("jobs.batch", job("sleep 600", policy="OnFailure", activeDeadlineSeconds=5))
        world.advance(60)
        words = ("True", "DeadlineExceeded", "Job was active longer than specified deadline")
        assert conditions(world.get("jobs.batch", "task")) == {"FailureTarget": words, "Failed": words}
        assert world.pods() == []


def test_parallel_completions_and_a_time_to_live() -> None:
    with rehearsal() as world:
        world.create("jobs.batch", job("sleep 2", completions=3, parallelism=2, ttlSecondsAfterFinished=30))
        world.advance(3)
        assert len(world.pods()) == 2
        world.advance(12)
        assert world.get("jobs.batch", "task")["status"]["succeeded"] == 3
        world.advance(40)
        assert world.gone("jobs.batch", "task")
        assert world.pods() == []


def test_a_suspended_job_starts_nothing() -> None:
    with rehearsal() as world:
        world.create("jobs.batch", job("sleep 1", suspend=True))
        world.advance(5)
        assert world.pods() == []
        assert conditions(world.get("jobs.batch", "task"))["Suspended"] == ("True", "JobSuspended", "Job suspended")
        world.change("jobs.batch", "task", lambda j: j["spec"].update(suspend=False))
        world.advance(10)
        assert conditions(world.get("jobs.batch", "task"))["Complete"][0] == "True"


def test_a_cron_job_starts_a_job_each_time_and_keeps_only_so_many() -> None:
    with rehearsal() as world:
        world.create("cronjobs.batch", cron_job(successfulJobsHistoryLimit=1))
        world.advance(200)
        minute = int(world.clock.now().timestamp()) // 60
        assert [j["metadata"]["name"] for j in world.cluster.list("jobs.batch")] == [f"nightly-{minute}"]
        kinds = {reason for _, reason, _ in world.events("CronJob")}
        assert kinds == {"SuccessfulCreate", "SawCompletedJob", "SuccessfulDelete"}
        assert world.get("cronjobs.batch", "nightly")["status"]["lastScheduleTime"] == "2025-01-01T00:03:00Z"


@pytest.mark.parametrize(
    ("policy", "running"), [("Allow", 3), ("Forbid", 1), ("Replace", 1)], ids=["Allow", "Forbid", "Replace"]
)
def test_concurrency_policies(policy: str, running: int) -> None:
    with rehearsal() as world:
        world.create("cronjobs.batch", cron_job("sleep 600", concurrencyPolicy=policy))
        world.advance(215)
        alive = [p for p in world.pods() if not p["metadata"].get("deletionTimestamp")]
        assert [p["status"]["phase"] for p in alive] == ["Running"] * running


def test_a_job_that_somebody_made_from_a_cron_job_is_unexpected() -> None:
    with rehearsal() as world:
        world.create("cronjobs.batch", cron_job(suspend=True))
        owner = world.get("cronjobs.batch", "nightly")["metadata"]
        reference = {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "name": "nightly",
            "uid": owner["uid"],
            "controller": True,
        }
        by_hand = job("sleep 2", "by-hand")
        by_hand["metadata"]["ownerReferences"] = [reference]
        world.create("jobs.batch", by_hand)
        world.advance(10)
        words = "Saw a job that the controller did not create or forgot: by-hand"
        assert set(world.events("CronJob")) == {("Warning", "UnexpectedJob", words)}
        assert "lastSuccessfulTime" in world.get("cronjobs.batch", "nightly")["status"]


def test_a_suspended_cron_job_and_a_bad_schedule_start_nothing() -> None:
    with rehearsal() as world:
        world.create("cronjobs.batch", cron_job(suspend=True))
        world.advance(130)
        assert world.cluster.list("jobs.batch") == []


def test_a_jobs_pod_shows_its_exit() -> None:
    with rehearsal() as world:
        world.create("pods", pod("one", container(command=["false"]), restartPolicy="Never"))
        world.advance(5)
        assert state(world.get("pods", "one"))["terminated"]["exitCode"] == 1
