"""Real kubelets pull from the sandbox's registry, and say what the sandbox says they say."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pytest
from served_registry import ADMIN, PULLER, make_registry

from deployctl.sandbox.contracts import DockerAuth, PullError
from deployctl.sandbox.process.listen import listen
from deployctl.sandbox.process.loop_thread import LoopThread
from deployctl.sandbox.registry.access import Account
from deployctl.sandbox.registry.app import build_app
from deployctl.sandbox.registry.images import SandboxImages
from deployctl.sandbox.registry.make import ImageSpec, make_image
from deployctl.sandbox.registry.registry import Registry

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("registry-kubelets")]
FOREIGN = ("linux/arm64", "linux/s390x")


@dataclass(frozen=True)
class Real:
    """Two plain-http registries on loopback (nodes of this machine reach them), and a namespace of the cluster."""

    namespace: str
    registries: dict[str, Registry]
    hosts: dict[str, str]

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        command = ["kubectl", "--namespace", self.namespace, *arguments]
        answer = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def message(self, image: str, accounts: tuple[Account, ...]) -> str:
        """What a kubelet reports of the pull; empty when it could pull."""
        name = f"p{uuid.uuid4().hex[:8]}"
        secrets = [self._secret(image, account) for account in accounts]
        spec = {
            "restartPolicy": "Never",
            "imagePullSecrets": [{"name": secret} for secret in secrets],
            "containers": [{"name": "c", "image": image, "imagePullPolicy": "Always"}],
            "terminationGracePeriodSeconds": 0,
        }
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
        self.kubectl("apply", "-f", "-", text=json.dumps(body))
        try:
            return self._await_message(name)
        finally:
            self.kubectl("delete", "pod", name, "--now", "--wait=false")

    def _await_message(self, pod: str) -> str:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            found: dict[str, Any] = json.loads(self.kubectl("get", "pod", pod, "-o", "json"))
            for status in found["status"].get("containerStatuses", []):
                state = status["state"]
                if state.get("waiting", {}).get("reason") == "ErrImagePull":
                    return str(state["waiting"]["message"])
                if "terminated" in state or status.get("imageID"):
                    return ""
            time.sleep(0.2)
        raise TimeoutError(pod)

    def _secret(self, image: str, account: Account) -> str:
        name = f"s{uuid.uuid4().hex[:8]}"
        auths = {image.partition("/")[0]: {"username": account.username, "password": account.password}}
        self.kubectl(
            "create",
            "secret",
            "generic",
            name,
            "--type=kubernetes.io/dockerconfigjson",
            f"--from-literal=.dockerconfigjson={json.dumps({'auths': auths})}",
        )
        return name


@pytest.fixture(scope="module")
def real() -> Iterator[Real]:
    if "KUBECONFIG" not in os.environ:
        pytest.fail("KUBECONFIG names no cluster")
    registries = {"bearer": make_registry("bearer"), "basic": make_registry("basic")}
    for registry in registries.values():
        make_image(registry.storage, "team/backend", "v1", ImageSpec(size=20480))
        make_image(registry.storage, "team/backend", "foreign", ImageSpec(size=20480, platforms=FOREIGN))
        make_image(registry.storage, "team/backend", "arm", ImageSpec(size=20480, platforms=("linux/arm64",)))
        make_image(registry.storage, "secret/x", "v1", ImageSpec(size=20480))
    with LoopThread() as thread:
        listeners = {name: thread.run(listen(build_app(registry))) for name, registry in registries.items()}
        hosts = {name: f"localhost:{listener.port}" for name, listener in listeners.items()}
        found = Real(f"pull-words-{uuid.uuid4().hex[:6]}", registries, hosts)
        subprocess.run(["kubectl", "create", "namespace", found.namespace], check=True, capture_output=True)
        yield found
        found.kubectl("delete", "namespace", found.namespace, "--wait=false")
        for listener in listeners.values():
            thread.run(listener.close())


def simulated(real: Real, image: str, accounts: tuple[Account, ...]) -> str:
    registries = {real.hosts[name]: registry for name, registry in real.registries.items()}
    images = SandboxImages(registries, real.registries["bearer"].faults, {"localhost:1": "refused"})
    auths = tuple(DockerAuth(image.partition("/")[0], a.username, a.password) for a in accounts)
    try:
        asyncio.run(images.resolve(image, auths, "amd64"))
    except PullError as error:
        return str(error)
    return ""


WRONG = Account(PULLER.username, "wrong")


@pytest.mark.parametrize(
    ("image", "accounts"),
    [
        ("@bearer/team/backend:v1", (PULLER,)),
        ("@bearer/team/backend:v1", ()),
        ("@bearer/team/backend:v1", (WRONG,)),
        ("@bearer/team/backend:v1", (WRONG, Account(ADMIN.username, "wrong"))),
        ("@bearer/team/backend:v1", (WRONG, PULLER)),
        ("@bearer/secret/x:v1", (PULLER,)),
        ("@bearer/team/backend:nope", (PULLER,)),
        ("@bearer/team/none:v1", (PULLER,)),
        (f"@bearer/team/backend@sha256:{'0' * 64}", (PULLER,)),
        ("@bearer/team/backend:foreign", (PULLER,)),
        ("@bearer/team/backend:arm", (PULLER,)),
        ("@basic/team/backend:v1", (PULLER,)),
        ("@basic/team/backend:v1", ()),
        ("@basic/team/backend:v1", (WRONG,)),
        ("@basic/secret/x:v1", (PULLER,)),
    ],
)
def test_the_sandbox_says_of_a_pull_what_a_real_kubelet_says(
    real: Real, image: str, accounts: tuple[Account, ...]
) -> None:
    for name, host in real.hosts.items():
        image = image.replace(f"@{name}", host)
    assert simulated(real, image, accounts) == real.message(image, accounts)


@pytest.mark.parametrize("status", [429, 503, 500])
def test_statuses_are_told_in_the_same_words(real: Real, status: int) -> None:
    board = real.registries["bearer"].faults
    image = f"{real.hosts['bearer']}/team/backend:v1"
    board.add("registry-error", {"status": status})
    told = real.message(image, (PULLER,))
    board.clear()
    names = {429: "throttled", 503: "server-error", 500: "internal-error"}
    board.add("image-pull", {"error": names[status], "times": 1})
    assert simulated(real, image, ()) == told
    assert f"{status} {HTTPStatus(status).phrase}" in told
