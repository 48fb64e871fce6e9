"""A sandbox as a process of its own: up, found again, used by kubectl, down."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from deployctl.sandbox.process.background import SandboxFailed, arguments, down, environment, run_command, status, up
from deployctl.sandbox.process.control_client import ControlClient, ControlError
from deployctl.sandbox.process.info import SandboxInfo
from deployctl.sandbox.process.options import Options
from deployctl.sandbox.process.run import run

needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")


@pytest.fixture(scope="module")
def info(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxInfo]:
    state = tmp_path_factory.mktemp("sandbox") / "state"
    yield up(Options(state, clock_speed=5))
    down(state)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A folder in which no sandbox runs on after the test, however it ends."""
    yield tmp_path / "state"
    down(tmp_path / "state")


def kubectl(info: SandboxInfo, *arguments: str) -> str:
    answer = subprocess.run(
        ["kubectl", *arguments], env=environment(info), capture_output=True, text=True, check=False, timeout=120
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@needs_kubectl
def test_kubectl_finds_ready_nodes_by_the_kubeconfig(info: SandboxInfo) -> None:
    nodes = json.loads(kubectl(info, "get", "nodes", "-o", "json"))["items"]
    ready = {
        node["metadata"]["name"]: [c["status"] for c in node["status"]["conditions"] if c["type"] == "Ready"]
        for node in nodes
    }
    assert ready == {"node-1": ["True"], "node-2": ["True"]}


def test_up_finds_the_one_that_runs(info: SandboxInfo) -> None:
    assert up(Options(info.state)) == info


def test_up_with_another_scenario_says_that_one_runs(info: SandboxInfo) -> None:
    with pytest.raises(SandboxFailed, match="a sandbox with scenario 'default' runs"):
        up(Options(info.state, scenario="klinematrix"))


def test_status_says_what_runs(info: SandboxInfo) -> None:
    found = status(info.state)
    assert found is not None
    assert (found.answers, found.info, found.details["scenario"]) == (True, info, "default")


def test_files_with_credentials_are_the_owners_alone(info: SandboxInfo) -> None:
    modes = {name: (info.state / name).stat().st_mode & 0o077 for name in ("sandbox.json", "kubeconfig", "ca.key")}
    assert modes == {"sandbox.json": 0, "kubeconfig": 0, "ca.key": 0}


def test_credentials_do_not_show_in_a_repr(info: SandboxInfo) -> None:
    shown = repr(info)
    secrets = (info.token, info.control_token, info.registry.password, info.azure.client_secret)
    assert [secret for secret in secrets if secret in shown] == []


def test_run_uses_the_one_that_runs_and_gives_the_commands_exit_code(info: SandboxInfo) -> None:
    script = "import os, sys; sys.exit(7 if os.environ['DEPLOYCTL_SANDBOX_API'] == sys.argv[1] else 1)"
    assert run([sys.executable, "-c", script, info.api_url], Options(info.state)) == 7


def test_a_command_that_does_not_exist_is_127(info: SandboxInfo) -> None:
    assert run_command(["no-such-command-here"], info) == 127


def test_python_trusts_the_sandbox_by_its_environment(info: SandboxInfo) -> None:
    script = "import os, requests; print(requests.get(os.environ['DEPLOYCTL_SANDBOX_API'] + '/version').status_code)"
    answer = subprocess.run(
        [sys.executable, "-c", script], env=environment(info), capture_output=True, text=True, check=False
    )
    assert (answer.stdout, answer.returncode) == ("200\n", 0), answer.stderr


def test_faults_come_and_go_by_the_control_endpoint(info: SandboxInfo) -> None:
    control = ControlClient(info)
    added = control.add_fault("registry-error", status=500, times=3)
    assert control.faults() == [{"id": added, "kind": "registry-error", "status": 500, "times": 3}]
    control.remove_fault(added)
    assert control.faults() == []
    with pytest.raises(ControlError, match="did you mean 'registry-error'"):
        control.add_fault("registry-eror", status=500)


def test_the_control_endpoint_wants_its_token(info: SandboxInfo) -> None:
    stranger = ControlClient(SandboxInfo(**{**info.__dict__, "control_token": "guessed"}))
    with pytest.raises(ControlError, match="token is missing or wrong"):
        stranger.faults()


@needs_kubectl
def test_the_request_log_tells_what_kubectl_asked(info: SandboxInfo) -> None:
    control = ControlClient(info)
    mark = control.request_count()
    kubectl(info, "get", "pods", "-n", "default")
    asked = control.requests(mark, server="api", resource="pods")
    assert [(r["verb"], r["namespace"], r["status"], r["user"]) for r in asked] == [
        ("list", "default", 200, "kubernetes-admin")
    ]


def test_it_ends_on_down_and_on_sigterm_and_comes_back_at_its_address(state: Path) -> None:
    options = Options(state)
    first = up(options)
    assert down(options.state)
    assert (status(options.state), down(options.state)) == (None, False)

    second = up(options)
    os.kill(second.pid, signal.SIGTERM)
    end = time.monotonic() + 120
    while status(options.state) is not None and time.monotonic() < end:
        time.sleep(0.01)
    assert status(options.state) is None
    assert (second.api_url, second.ca_file.read_bytes()) == (first.api_url, first.ca_file.read_bytes())


def test_a_signal_while_it_comes_up_ends_it_tidily(state: Path) -> None:
    child = subprocess.Popen([sys.executable, "-m", "deployctl.sandbox.process", *arguments(Options(state))])
    end = time.monotonic() + 120
    while not (state / "ports.json").exists() and time.monotonic() < end:
        time.sleep(0.001)
    child.terminate()
    assert (child.wait(timeout=120), status(state)) == (0, None)


def test_a_sandbox_that_died_is_not_in_the_way(state: Path) -> None:
    options = Options(state)
    os.kill(up(options).pid, signal.SIGKILL)
    found = status(options.state)
    assert found is not None
    assert not found.answers
    assert up(options).pid != found.info.pid
    assert down(options.state)


def test_why_it_did_not_come_up_is_said(state: Path) -> None:
    with pytest.raises(SandboxFailed, match="no scenario 'defualt'; did you mean 'default'"):
        up(Options(state, scenario="defualt"))


@needs_kubectl
def test_objects_images_and_revisions_outlive_a_restart_when_kept(state: Path) -> None:
    options = Options(state, keep=True)
    first = up(options)
    kubectl(first, "create", "configmap", "remembered", "--from-literal=a=b")
    before = json.loads(kubectl(first, "get", "configmap", "remembered", "-o", "json"))
    registry = first.registry
    basic = urllib3.make_headers(basic_auth=f"{registry.username}:{registry.password}")
    http = urllib3.PoolManager(ca_certs=str(first.ca_file), headers=basic)
    digest = f"sha256:{hashlib.sha256(b'abc').hexdigest()}"
    http.request("POST", f"{registry.url}/v2/mine/blobs/uploads/?digest={digest}", body=b"abc")
    down(options.state)

    second = up(options)
    after = json.loads(kubectl(second, "get", "configmap", "remembered", "-o", "json"))
    blob = http.request("GET", f"{second.registry.url}/v2/mine/blobs/{digest}")
    down(options.state)
    assert (after, blob.data) == (before, b"abc")
