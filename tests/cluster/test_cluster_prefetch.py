"""On a real cluster: nodes pull while the old pods serve, and where that fails nobody outside notices."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from lab_backend import HEALTH, SERVE, LabBackend, lab_backend
from outside_probe import OutsideProbe, failed

from deployctl.model.json import Json
from deployctl.model.plan import Pull
from deployctl.model.rules.prefetch_pod import LABEL, prefetch_pod
from deployctl.model.rules.small_resources import small_resources
from deployctl.model.service import WorkloadRef

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster-prefetch")]

NAMESPACE = "prefetch-e2e"
RELEASE = ("release", "backend", "--yes", "--skip-build", "--version")
RUN = int(time.time())
"""In each version: a lab that is kept up has the images of earlier runs on its nodes."""
WELL = HEALTH % "ok" + SERVE
LIMITS = {
    "apiVersion": "v1",
    "kind": "LimitRange",
    "metadata": {"name": "limits"},
    "spec": {"limits": [{"type": "Container", "min": {"memory": "16Mi"}, "maxLimitRequestRatio": {"memory": "2"}}]},
}
QUOTA = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "quota"},
    "spec": {"hard": {"requests.memory": "1Gi", "limits.memory": "1Gi", "pods": "10"}},
}


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabBackend]:
    """Version 1 serves, in a namespace that has limits and a quota."""
    backend = lab_backend(tmp_path_factory.mktemp("prefetch") / "tree", NAMESPACE)
    for rule in (LIMITS, QUOTA):
        backend.kubectl("apply", "-f", "-", stdin=json.dumps(rule))
    yield backend
    backend.tree.run("kubectl", "delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture(scope="module")
def outside(backend: LabBackend) -> Iterator[OutsideProbe]:
    with OutsideProbe(f"{backend.tree.environment['DEPLOYCTL_URL']}/api/health") as probe:
        assert probe.well()
        yield probe


def short_pods(backend: LabBackend) -> list[str]:
    return backend.kubectl("get", "pods", "-l", LABEL, "-o", "name").split()


def pulled_by(backend: LabBackend, uid: str) -> list[str]:
    """What the kubelet said of pulling for one pod."""
    answer = backend.kubectl("get", "events", "--field-selector", f"involvedObject.uid={uid}", "-o", "json")
    return [e["message"] for e in json.loads(answer)["items"] if e["reason"] == "Pulled"]


def serving(backend: LabBackend) -> str:
    (pod,) = json.loads(backend.kubectl("get", "pods", "-l", "app=backend", "-o", "json"))["items"]
    return str(pod["metadata"]["uid"])


def test_both_nodes_pull_first_within_the_namespaces_limits_and_the_new_pod_finds_its_image(
    backend: LabBackend,
) -> None:
    backend.push(f"11.0.{RUN}", "--run", WELL, "--megabytes", "20")

    run = backend.run(*RELEASE, f"11.0.{RUN}")

    assert run.result.code == 0, run.result.out
    steps = [t.event["step"] for t in run.told if t.event["event"] == "step-finished"]
    assert steps == ["lock", "prefetch", "bump", "apply", "rollout", "health", "verify", "record"]
    (done,) = [t.event for t in run.told if t.event["event"] == "step-finished" and t.event["step"] == "prefetch"]
    assert done["detail"].startswith("2 of 2 pulls done")
    (told,) = pulled_by(backend, serving(backend))
    assert "already present on machine" in told
    assert short_pods(backend) == []


def test_a_node_that_is_too_slow_ends_the_release_and_nobody_notices(
    backend: LabBackend, outside: OutsideProbe
) -> None:
    backend.push(f"12.0.{RUN}", "--run", WELL, "--megabytes", "30")
    file = backend.tree.folder / "deployctl.toml"
    file.write_text(file.read_text().replace("[policies.deadlines]", "[policies.deadlines]\nprefetch = 0.05"))
    try:
        with outside.during() as seen:
            run = backend.run(*RELEASE, f"12.0.{RUN}")
    finally:
        backend.restore()
    assert (run.result.code, failed(seen)) == (3, 0)
    problem = run.result.outcome["problem"]
    assert problem["what"].endswith(f"has not pulled {backend.registry}/proofs/backend:v12.0.{RUN} within 0.05 s")
    assert problem["evidence"][-1] == "nothing was torn down: the old pods still serve"
    assert short_pods(backend) == []
    assert "v12.0" not in (backend.tree.folder / "deploy" / "kustomization.yaml").read_text()


def test_former_content_under_a_tag_that_was_moved_ends_the_release_and_nobody_notices(
    backend: LabBackend, outside: OutsideProbe
) -> None:
    backend.push(f"13.0.{RUN}", "--run", WELL + " # first")
    for version in (f"13.0.{RUN}", "1.0.0"):
        assert backend.run(*RELEASE, version).result.code == 0
    backend.push(f"13.0.{RUN}", "--run", WELL + " # second")

    with outside.during() as seen:
        run = backend.run(*RELEASE, f"13.0.{RUN}")

    assert (run.result.code, failed(seen)) == (3, 0)
    assert run.result.outcome["problem"]["incident"] == "DEPLOY001"
    assert "would run other content than the registry's" in run.result.outcome["problem"]["what"]


def test_a_run_that_is_killed_while_nodes_pull_is_cleared_up_by_the_next_one(
    backend: LabBackend, outside: OutsideProbe
) -> None:
    backend.push(f"14.0.{RUN}", "--run", WELL, "--megabytes", "60")
    with outside.during() as seen:
        kill_while_pulling(backend, f"14.0.{RUN}")
    assert failed(seen) == 0
    lease_runs_out(backend)

    again = backend.run(*RELEASE, f"14.0.{RUN}")

    assert again.result.code == 0, again.result.out
    assert short_pods(backend) == []


def kill_while_pulling(backend: LabBackend, version: str) -> None:
    command = [sys.executable, "-m", "deployctl", *RELEASE, version, "--output", "json"]
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
    environment = {**kept, **backend.tree.environment}
    with subprocess.Popen(
        command, cwd=backend.tree.folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line).get("event") == "step-progress":
                process.send_signal(signal.SIGKILL)
                break
    assert short_pods(backend) != []


def lease_runs_out(backend: LabBackend) -> None:
    """As half a minute does."""
    freed = {"spec": {"renewTime": "2020-01-01T00:00:00.000000Z"}}
    backend.kubectl("patch", "lease", "deployctl-lab", "--type=merge", "-p", json.dumps(freed))


RESTRICTED = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "api",
            "image": "registry.invalid/api:1",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}


@pytest.mark.parametrize(("spec", "admitted"), [(RESTRICTED, True), ({**RESTRICTED, "securityContext": {}}, False)])
def test_what_admits_the_workload_admits_the_pod_that_pulls(backend: LabBackend, spec: Json, admitted: bool) -> None:
    backend.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted", "--overwrite")
    pull = Pull(WorkloadRef("Deployment", "api"), "node1", ("registry.invalid/api:1",))
    pod: dict[str, Any] = dict(
        prefetch_pod(pull, spec, small_resources((), (), 1), namespace=NAMESPACE, run="x", deadline=9.0, owner={}).body
    )
    pod["spec"]["containers"][0]["resources"] = {"requests": {"memory": "16Mi"}, "limits": {"memory": "16Mi"}}
    try:
        answer = backend.tree.run(
            "kubectl", "-n", NAMESPACE, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod)
        )
    finally:
        backend.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce-")
    assert (answer.code == 0, "violates PodSecurity" in answer.err) == (admitted, not admitted), answer
