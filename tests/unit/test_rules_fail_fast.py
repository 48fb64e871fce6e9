"""The fail-fast table, row by row, on objects recorded on a real cluster: cause, patience, incident, next action."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from recorded import after, look, objects, recorded, watching, world_of

from deployctl.model.pod import Event, Waiting
from deployctl.model.rollout import World
from deployctl.model.rules.assess import assess_rollout
from deployctl.model.rules.thresholds import impatient


@dataclass(frozen=True)
class Row:
    """What a snapshot must be judged to be, and how many seconds after it was first seen."""

    name: str
    cause: str
    patience: float
    incident: str
    action: str
    """A part of the next action."""
    evidence: str
    """A part of what was seen."""


ROWS = (
    Row("image-name-invalid", "image-name-invalid", 0, "", "newTag", "InvalidImageName"),
    Row("image-never-pulled", "image-never-pulled", 0, "", "IfNotPresent", "pull policy of Never"),
    Row("image-absent", "image-absent", 0, "", "deployctl build", "rules/app:nope: not found"),
    Row("pull-unauthorized-no-secret", "pull-unauthorized", 0, "ARCH001", "create secret docker-registry", "401"),
    Row("pull-wrong-password", "pull-unauthorized", 0, "ARCH001", "docker-server=localhost:25001", "acr-secret"),
    Row("pull-token-anonymous", "pull-secret-missing", 0, "ARCH001", "imagePullSecrets", "anonymous token"),
    Row("pull-token-refused", "pull-credentials-wrong", 0, "ARCH001", "renew the pull secret", "oauth token"),
    Row("pull-insufficient-scope", "pull-forbidden", 0, "ARCH001", "AcrPull", "insufficient_scope"),
    Row("pull-forbidden", "pull-forbidden", 0, "ARCH001", "AcrPull", "403 Forbidden"),
    Row("pull-throttled", "pull-throttled", 90, "", "mirror the image", "429 Too Many Requests"),
    Row("registry-error", "registry-error", 90, "", "status page", "503 Service Unavailable"),
    Row("pull-tls-trust", "pull-tls-trust", 90, "", "certificate", "x509: certificate is valid for"),
    Row("pull-wrong-architecture", "pull-wrong-architecture", 0, "", "kubernetes.io/arch", "no match for platform"),
    Row("registry-unreachable-refused", "registry-unreachable", 90, "", "firewall", "connection refused"),
    Row("registry-unreachable-dns", "registry-unreachable", 90, "", "DNS", "no such host"),
    Row("docker-hub-unreachable", "docker-hub-unreachable", 90, "K8S-001", "az acr import", "registry-1.docker.io"),
    Row("secret-key-missing", "secret-key-missing", 15, "SECRET001", "patch secret backend-secrets", "jwt-secret"),
    Row("secret-missing", "secret-missing", 15, "SECRET001", "create secret generic backend-secrets", "not found"),
    Row("configmap-missing-envfrom", "configmap-missing", 15, "SECRET001", "create configmap settings", "settings"),
    Row("configmap-key-missing", "configmap-key-missing", 15, "SECRET001", "patch configmap settings", "key b"),
    Row("run-as-non-root", "container-config", 30, "", "describe pod", "runAsNonRoot"),
    Row("create-error", "container-cannot-start", 30, "POD001", "command", "no command specified"),
    Row("start-error", "container-cannot-start", 30, "POD001", "command", "/nope"),
    Row("post-start-hook", "post-start-hook", 30, "POD001", "lifecycle.postStart", "PostStartHookError"),
    Row("crash-loop", "crash-loop", 0, "POD001", "kubectl -n shop logs backend-", "exit code 3"),
    Row("exits-zero", "container-exits", 0, "POD001", "keeps running", "exit code 0"),
    Row("out-of-memory", "out-of-memory", 0, "POD001", "above 64Mi", "OOMKilled"),
    Row("init-crash-loop", "crash-loop", 0, "POD001", "-c migrate --previous", "exit code 4"),
    Row("insufficient-memory", "insufficient-memory", 60, "NODE001", "resources.requests", "Insufficient memory"),
    Row("no-matching-node", "no-matching-node", 30, "", "show-labels", "node affinity/selector"),
    Row("claim-missing", "claim-missing", 30, "", "mongo-data", '"mongo-data" not found'),
    Row("claim-unbound", "claim-unbound", 60, "", "get pvc", "unbound immediate"),
    Row("mount-secret-missing", "secret-missing", 20, "SECRET001", "create secret generic backend-tls", "FailedMount"),
    Row("mount-configmap-missing", "configmap-missing", 20, "SECRET001", "create configmap settings", "FailedMount"),
    Row("mount-key-missing", "volume-key-missing", 20, "SECRET001", "key", "non-existent config key: b"),
    Row("sandbox-failed", "pod-sandbox", 60, "", "describe node node", 'no runtime for "nope"'),
    Row("pod-security", "pod-refused", 0, "", "pod template", "violates PodSecurity"),
    Row("limits-required", "pod-refused", 0, "", "pod template", "must specify limits.memory"),
    Row("quota-exceeded", "quota-exceeded", 30, "NODE001", "describe quota", "exceeded quota"),
    Row("service-account-missing", "service-account-missing", 15, "", "create serviceaccount klinematrix-sa", "sa"),
    Row("node-rejects", "node-rejects-pod", 0, "NODE001", "describe node node1", "OutOfmemory"),
    Row("paused", "paused", 0, "", "rollout resume deployment/backend", "paused"),
    Row("job-failed", "job-failed", 0, "", "logs job/migrate", "BackoffLimitExceeded"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_sign_of_the_table_fails_the_rollout_with_its_cause(row: Row) -> None:
    world = recorded(row.name)
    report = look(world, watching(world), 0, row.patience)
    assert report.phase == "failed"
    first = report.diagnoses[0]
    assert (first.cause, first.severity, first.patience, first.incident) == (
        row.cause,
        "fatal",
        row.patience,
        row.incident,
    )
    assert row.action in first.action
    assert any(row.evidence in line for line in first.evidence)


@pytest.mark.parametrize("row", [row for row in ROWS if row.patience], ids=lambda row: row.name)
def test_a_sign_is_only_waited_for_until_its_patience_is_over(row: Row) -> None:
    world = recorded(row.name)
    report = look(world, watching(world), 0, row.patience - 0.5)
    assert report.phase not in ("done", "failed")
    assert [(d.cause, d.severity) for d in report.diagnoses if d.cause == row.cause] == [(row.cause, "waiting")]


def calm(world: World) -> World:
    """The same pods, showing nothing."""
    waits = Waiting("ContainerCreating", "")
    pods = (
        replace(p, conditions=(), containers=tuple(replace(c, state=waits, last=None) for c in p.containers))
        for p in world.pods
    )
    revisions = tuple(replace(revision, conditions=()) for revision in world.revisions)
    return replace(world, pods=tuple(pods), revisions=revisions, events=())


PATIENT = [row for row in ROWS if row.patience >= 15]


@pytest.mark.parametrize("row", PATIENT, ids=lambda row: row.name)
def test_a_sign_that_flaps_does_not_start_anew(row: Row) -> None:
    world, watch = recorded(row.name), watching(recorded(row.name))
    _, watch = assess_rollout(world, watch)
    report, watch = assess_rollout(after(calm(world), 5), watch)
    assert report.diagnoses == ()
    report = look(world, watch, row.patience - 10, row.patience)
    assert (report.phase, report.diagnoses[0].cause) == ("failed", row.cause)


@pytest.mark.parametrize("row", PATIENT, ids=lambda row: row.name)
def test_a_sign_that_was_gone_for_long_starts_anew(row: Row) -> None:
    world, watch = recorded(row.name), watching(recorded(row.name))
    _, watch = assess_rollout(world, watch)
    _, watch = assess_rollout(after(calm(world), 1), watch)
    _, watch = assess_rollout(after(calm(world), 100), watch)
    assert look(world, watch, 101).phase not in ("done", "failed")


def test_what_a_proof_of_room_has_foretold_is_fatal_at_once() -> None:
    world = recorded("insufficient-memory")
    report = look(world, replace(watching(world), no_room=True))
    assert (report.phase, report.diagnoses[0].cause) == ("failed", "insufficient-memory")


GPU = {"requests": {"memory": "64Mi"}, "limits": {"nvidia.com/gpu": "2"}}


@pytest.mark.parametrize(
    ("refusal", "resources", "told"),
    [
        ("Insufficient memory", {"requests": {"memory": "64Gi"}}, "insufficient memory; it asks for 64Gi memory"),
        ("Insufficient nvidia.com/gpu", GPU, "insufficient nvidia.com/gpu; it asks for 2 nvidia.com/gpu"),
        (
            "Insufficient cpu, 1 Insufficient memory",
            {"requests": {"cpu": "9", "memory": "64Gi"}},
            "insufficient cpu, memory; it asks for 9 cpu + 64Gi memory",
        ),
        ("Too many pods", GPU, "insufficient pods"),
    ],
)
def test_what_no_node_has_room_for_is_told_with_what_the_pod_asks_of_it(
    refusal: str, resources: dict[str, object], told: str
) -> None:
    seen, found = objects("insufficient-memory")
    for body in found:
        if body["kind"] in ("Deployment", "ReplicaSet"):
            body["spec"]["template"]["spec"]["containers"][0]["resources"] = resources
        if body["kind"] == "Pod":
            body["status"]["conditions"][0]["message"] = f"0/2 nodes are available: 2 {refusal}."
    world = world_of(seen, found)
    (diagnosis,) = look(world, watching(world)).diagnoses
    assert diagnosis.summary == f"no node has room for pod {world.pods[0].name}: {told}"


def test_on_an_older_cluster_a_mount_that_came_late_is_over_once_the_image_is_pulled() -> None:
    """Before Kubernetes 1.29 pods have no condition PodReadyToStartContainers."""
    world = recorded("mount-secret-missing")
    pod = world.pods[0]
    pulling = Event("Pod", pod.name, pod.uid, "", "Normal", "Pulling", 'Pulling image "x"', 1, world.now)
    old = replace(pod, conditions=tuple(c for c in pod.conditions if c.type != "PodReadyToStartContainers"))
    without = replace(world, pods=(old,))
    assert [d.cause for d in look(without, watching(world)).diagnoses] == ["secret-missing"]
    assert look(replace(without, events=(*world.events, pulling)), watching(world)).diagnoses == ()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_diagnosis_at_one_look_needs_no_patience(row: Row) -> None:
    world = recorded(row.name)
    watch = replace(watching(world), thresholds=impatient())
    report = look(world, watch)
    assert (report.phase, report.diagnoses[0].cause) == ("failed", row.cause)


WITH_PODS = [row for row in ROWS if recorded(row.name).pods and row.name != "job-failed"]


@pytest.mark.parametrize("row", WITH_PODS, ids=lambda row: row.name)
def test_pods_of_a_former_revision_are_not_judged(row: Row) -> None:
    world = recorded(row.name)
    moved = replace(world.workloads[0], template={**world.workloads[0].template, "metadata": {"labels": {"app": "x"}}})
    report = look(replace(world, workloads=(moved,)), watching(world), 0, row.patience)
    assert row.cause not in [d.cause for d in report.diagnoses if d.object.startswith("pod/")]
