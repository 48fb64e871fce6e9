"""`deployctl sandbox fault …` and `sandbox requests` against a running sandbox; `up --foreground`."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from released_tree import EXAMPLE, Result, Tree

from deployctl.sandbox.process.control_client import ControlClient
from deployctl.sandbox.process.info import SandboxInfo
from deployctl.sandbox.process.inside import running_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxInfo]:
    with running_sandbox(state=tmp_path_factory.mktemp("sandbox")) as info:
        yield info


@pytest.fixture
def here(sandbox: SandboxInfo, tmp_path: Path) -> Iterator[Tree]:
    yield Tree(tmp_path, {"DEPLOYCTL_SANDBOX": str(sandbox.state)})
    ControlClient(sandbox).clear_faults()


def problem(result: Result) -> str:
    assert (result.code, result.outcome["outcome"]) == (2, "usage"), result
    return str(result.outcome["problem"]["what"])


def test_a_fault_is_added_shown_and_removed(here: Tree) -> None:
    added = here.json(
        "sandbox", "fault", "add", "api-error", "status=503", "times=2", "id=mine", "resource=pods", "probability=0.5"
    )
    assert added.outcome["summary"] == "api-error goes wrong now; undo it with: deployctl sandbox fault remove mine"
    here.json("sandbox", "fault", "add", "app", "crash-after=5", "labels=app=web,tier=front", "id=crash")
    shown = here.json("sandbox", "fault", "list")
    assert shown.named("faults-read")[0]["faults"] == [
        {
            "id": "mine",
            "kind": "api-error",
            "parameters": {"status": 503, "resource": "pods", "probability": 0.5},
            "times": 2,
        },
        {
            "id": "crash",
            "kind": "app",
            "parameters": {"crash_after": "5", "labels": {"app": "web", "tier": "front"}},
            "times": None,
        },
    ]
    told = here.deployctl("sandbox", "fault", "list").out.splitlines()
    assert [line.split() for line in told[:2]] == [
        ["mine", "api-error", "status=503", "resource=pods", "probability=0.5", "times=2"],
        ["crash", "app", "crash_after=5", "labels=app=web,tier=front"],
    ]
    assert here.json("sandbox", "fault", "remove", "app").code == 0
    assert problem(here.json("sandbox", "fault", "remove", "mne")) == "no fault 'mne'; did you mean 'mine'?"
    assert here.json("sandbox", "fault", "clear").outcome["summary"] == "1 cleared"
    assert here.json("sandbox", "fault", "list").outcome["outcome"] == "nothing-to-do"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["api-eror"], "unknown fault kind 'api-eror'; did you mean 'api-error'?"),
        (["api-error", "statu=1"], "fault 'api-error' takes no 'statu'; did you mean 'status'?"),
        (["api-error", "status=many"], "fault 'api-error': status must be a whole number, not 'many'"),
        (["api-error", "503"], "'503' is no parameter; write key=value"),
        (["api-error"], "fault 'api-error' needs 'status'"),
        (["certificate", "problem=expird"], "fault 'certificate': problem cannot be 'expird'; did you mean 'expired'?"),
        (["evict", "once=perhaps"], "fault 'evict': once must be true or false, not 'perhaps'"),
        (["app", "crash_after=soon"], "sandbox.crash_after: 'soon' is not valid: could not convert string to float"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_the_nearest(here: Tree, words: list[str], told: str) -> None:
    assert problem(here.json("sandbox", "fault", "add", *words)).startswith(told)


def test_every_kind_is_described_with_what_it_takes(here: Tree) -> None:
    (kind,) = here.json("sandbox", "fault", "kinds", "bandwidth").named("fault-kinds-read")[0]["kinds"]
    assert (kind["kind"], kind["required"], kind["parameters"]["bytes_per_second"]) == (
        "bandwidth",
        ["bytes_per_second"],
        "a number",
    )


def test_the_request_log_is_filtered_by_patterns_and_goes_on_from_a_mark(here: Tree, sandbox: SandboxInfo) -> None:
    environment = {**here.environment, "KUBECONFIG": str(sandbox.kubeconfig)}
    kubectl = Tree(here.folder, environment)
    kubectl.kubectl("get", "configmaps")
    kubectl.run("kubectl", "get", "secret", "nobody")
    shown = here.json("sandbox", "requests", "--since", "1m", "--resource", "[cs]*", "--user-agent", "kubectl*")
    (read,) = shown.named("requests-read")
    assert [(r["verb"], r["resource"], r["status"]) for r in read["requests"]] == [
        ("list", "configmaps", 200),
        ("get", "secrets", 404),
    ]
    text = here.deployctl("sandbox", "requests", "--status", "404").out.splitlines()[0].split()
    assert text[1:] == [
        "404", text[2], "ms", "api", "GET", "/api/v1/namespaces/default/secrets/nobody", "kubernetes-admin"
    ]  # fmt: skip
    fresh = here.json("sandbox", "requests", "--since", str(read["count"]), "--server", "api", "--verb", "list")
    assert fresh.outcome["outcome"] == "nothing-to-do"
    assert "neither a number of requests nor a time" in problem(here.json("sandbox", "requests", "--since", "1.5"))


def test_without_a_sandbox_the_next_action_is_named(tmp_path: Path) -> None:
    result = Tree(tmp_path, {"DEPLOYCTL_SANDBOX": str(tmp_path / "none")}).json("sandbox", "fault", "list")
    assert (result.code, result.outcome["problem"]["action"]) == (3, "deployctl sandbox up")


def test_an_unknown_scenario_lists_the_nearest(tmp_path: Path) -> None:
    tree = Tree(tmp_path, {"DEPLOYCTL_SANDBOX": str(tmp_path / "none")})
    told = problem(tree.json("sandbox", "up", "--scenario", "ingress001-por"))
    assert (
        told
        == "no scenario 'ingress001-por'; did you mean 'incidents/ingress001-port' or 'incidents/ingress001-class'?"
    )


def test_an_overlay_whose_base_lies_beside_it_comes_up_without_a_flag(tmp_path: Path) -> None:
    tree = Tree(tmp_path, {"DEPLOYCTL_SANDBOX": str(tmp_path / "state")})
    overlay = EXAMPLE / ".pipeline" / "k8s" / "overlays" / "prod"
    came_up = tree.json("sandbox", "up", "--overlay", str(overlay))
    try:
        assert came_up.code == 0, came_up
        environment = dict(came_up.named("sandbox-read")[0]["values"])
        shown = Tree(tmp_path, {"KUBECONFIG": environment["KUBECONFIG"]}).kubectl(
            "-n", "klinematrix-prod", "get", "deployment", "backend", "-o", "name"
        )
        assert shown.strip() == "deployment.apps/backend"
    finally:
        assert tree.json("sandbox", "down").code == 0


def test_in_the_foreground_it_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    tree = Tree(tmp_path, {"DEPLOYCTL_SANDBOX": str(tmp_path / "state")})
    command = [sys.executable, "-m", "deployctl", "sandbox", "up", "--foreground", "--output", "json"]
    environment = {**tree.environment, "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as serving:
        assert serving.stdout is not None
        assert '"sandbox-read"' in serving.stdout.readline()
        again = tree.json("sandbox", "up", "--foreground")
        assert (again.code, again.outcome["problem"]["what"]) == (3, "a sandbox runs already")
        serving.send_signal(signal.SIGTERM)
        assert '"the sandbox is down"' in serving.stdout.read()
        assert serving.wait(timeout=120) == 0
