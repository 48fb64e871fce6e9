"""kubectl and the Python client go into pods: commands and forwarded ports."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml
from kubectls import kubectls, minor
from kubernetes import client, config
from kubernetes.stream import stream

from deployctl.sandbox.process.inside import running_sandbox

EXEC: Any = stream
LOAD: Any = config.load_kube_config
SCENARIO = """
[[nodes]]
name = "node1"
[[registries]]
host = "registry.example.com"
challenge = "none"
[[registries.images]]
repository = "web"
tag = "1"
[registries.images.behaviour]
binaries = "sh,busybox"
ports = "8000"
"""
WEB = {"name": "web", "image": "registry.example.com/web:1"}
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [WEB]}}
NOT_FOUND = (
    'error executing command in container: failed to exec in container: failed to start exec "<id>": OCI runtime '
    'exec failed: exec failed: unable to start container process: exec: "nonesuch": executable file not found in '
    "$PATH: unknown"
)


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Of a sandbox with a pod that is ready, and one that never starts."""
    scenario = tmp_path_factory.mktemp("scenario") / "web.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    with running_sandbox(str(scenario), clock_speed=10) as info:
        binary = kubectls()[0]
        stuck = {
            **POD,
            "metadata": {"name": "stuck"},
            "spec": {"containers": [{**WEB, "image": "none.example.com/x:1"}]},
        }
        kubectl(info.kubeconfig, binary, "apply", "-f", "-", stdin=yaml.safe_dump_all([POD, stuck]))
        kubectl(info.kubeconfig, binary, "wait", "--for=condition=Ready", "pod/web", "--timeout=60s")
        yield info.kubeconfig


def kubectl(kubeconfig: Path, binary: str, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        [binary, *arguments], input=stdin, env=environment(kubeconfig), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, re.sub("[0-9a-f]{64}", "<id>", done.stderr).strip()


def environment(kubeconfig: Path) -> dict[str, str]:
    return {**os.environ, "KUBECONFIG": str(kubeconfig), "KUBECACHEDIR": str(kubeconfig.parent / "cache")}


@contextmanager
def forwarded(kubeconfig: Path, binary: str, port: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address that leads to the pod's port, and the kubectl that forwards it."""
    command = [binary, "port-forward", "pod/web", f":{port}", "--address=127.0.0.1"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment(kubeconfig), stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            yield "http://" + process.stdout.readline().split()[2], process
        finally:
            process.terminate()


@pytest.mark.parametrize("binary", kubectls(), ids=minor)
def test_a_command_runs_in_a_container(kubeconfig: Path, binary: str) -> None:
    ran = kubectl(kubeconfig, binary, "exec", "web", "--", "sh", "-c", "echo $HOSTNAME; exit 3")
    assert ran == (3, "web\n", "command terminated with exit code 3")
    assert kubectl(kubeconfig, binary, "exec", "web", "--", "sh", "-c", "true") == (0, "", "")


@pytest.mark.parametrize("binary", kubectls(), ids=minor)
def test_a_command_that_the_image_lacks_is_refused_in_the_runtimes_words(kubeconfig: Path, binary: str) -> None:
    code, out, err = kubectl(kubeconfig, binary, "exec", "web", "--", "nonesuch")
    assert (code, out, err.removeprefix("error: ").replace("Internal error occurred: ", "")) == (1, "", NOT_FOUND)


@pytest.mark.parametrize("binary", kubectls(), ids=minor)
def test_a_container_that_does_not_run_cannot_be_entered(kubeconfig: Path, binary: str) -> None:
    ran = kubectl(kubeconfig, binary, "exec", "stuck", "--", "sh")
    assert ran == (1, "", 'error: unable to upgrade connection: container not found ("web")')


@pytest.mark.parametrize("binary", kubectls(), ids=minor)
def test_a_pods_port_is_forwarded_for_several_connections(kubeconfig: Path, binary: str) -> None:
    with forwarded(kubeconfig, binary, 8000) as (url, _):
        for _ in range(2):
            with urllib3.PoolManager() as http:  # each with a connection of its own, used twice
                assert [http.request("GET", f"{url}/api/health").json()["status"] for _ in range(2)] == ["ok", "ok"]


@pytest.mark.parametrize("binary", kubectls(), ids=minor)
def test_a_port_on_which_nothing_listens_says_so(kubeconfig: Path, binary: str) -> None:
    with forwarded(kubeconfig, binary, 9) as (url, process):
        with pytest.raises(urllib3.exceptions.HTTPError):
            urllib3.PoolManager().request("GET", url, retries=False, timeout=5)
        time.sleep(0.2)
        process.terminate()
        assert process.stderr is not None
        assert "dial tcp4 127.0.0.1:9: connect: connection refused" in process.stderr.read()


def test_who_may_only_get_may_not_enter(kubeconfig: Path) -> None:
    """As since 1.35: a websocket begins with GET, and yet needs `create`."""
    binary = kubectls()[0]
    kubectl(kubeconfig, binary, "create", "role", "look", "--verb=get", "--resource=pods,pods/exec")
    kubectl(kubeconfig, binary, "create", "sa", "jane")
    kubectl(kubeconfig, binary, "create", "rolebinding", "look", "--role=look", "--serviceaccount=default:jane")
    token = kubectl(kubeconfig, binary, "create", "token", "jane")[1]
    code, out, err = kubectl(kubeconfig, binary, f"--token={token}", "exec", "web", "--", "sh", "-c", "echo hi")
    user = "system:serviceaccount:default:jane"
    assert (code, out) == (1, "")
    assert f'User "{user}" cannot create resource "pods/exec" in API group "" in the namespace "default"' in err


def test_the_python_client_runs_commands(kubeconfig: Path) -> None:
    settings = client.Configuration()
    LOAD(str(kubeconfig), client_configuration=settings)
    with client.ApiClient(settings) as api:
        call = client.CoreV1Api(api).connect_get_namespaced_pod_exec
        out = EXEC(call, "web", "default", command=["sh", "-c", "echo hi"], stdout=True, stderr=True)
    assert out == "hi\n"
