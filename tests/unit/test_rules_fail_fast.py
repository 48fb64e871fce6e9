"""The fail-fast table, row by row, on objects recorded on a real cluster: cause, patience, incident, next action."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from recorded import look, recorded, watching

from deployctl.model.rules.assess import assess_rollout


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
    Row("registry-unreachable-refused", "registry-unreachable", 90, "", "firewall", "connection refused"),
    Row("registry-unreachable-dns", "registry-unreachable", 90, "", "DNS", "no such host"),
    Row("docker-hub-unreachable", "docker-hub-unreachable", 90, "K8S-001", "az acr import", "registry-1.docker.io"),
    Row("secret-key-missing", "secret-key-missing", 15, "SECRET001", "patch secret backend-secrets", "jwt-secret"),
    Row("secret-missing", "secret-missing", 15, "SECRET001", "create secret generic backend-secrets", "not found"),
    Row("configmap-missing-envfrom", "configmap-missing", 15, "SECRET001", "create configmap settings", "settings"),
    Row("configmap-key-missing", "configmap-key-missing", 15, "SECRET001", "patch configmap settings", "key b"),
    Row("run-as-non-root", "container-config", 30, "", "describe pod", "runAsNonRoot"),
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


@pytest.mark.parametrize("row", [row for row in ROWS if row.patience >= 15], ids=lambda row: row.name)
def test_a_sign_that_flaps_does_not_start_anew(row: Row) -> None:
    world, watch = recorded(row.name), watching(recorded(row.name))
    calm = recorded("init-hangs")
    calm_watch_world = type(world)(world.now, world.workloads, world.revisions, (), ()) if not world.pods else world
    assert calm.pods
    _, watch = assess_rollout(calm_watch_world, watch)
    report = look(world, watch, 1, row.patience)
    assert report.phase == "failed"
