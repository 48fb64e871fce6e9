"""The documented way, by hand: seven commands with kubectl and curl on the sandbox behave as in production, the outage
on a bad tag included."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kubectls import kubectls, minor
from rehearsal import FLAGS, NAMESPACE, OVERLAY
from released_tree import Tree, copy_of_example

from deployctl.sandbox.process.info import SandboxInfo
from deployctl.sandbox.process.inside import running_sandbox
from deployctl.sandbox.process.options import Overlay

SPEED = 3.0
HEALTH = "https://klinecubic.cn/api/health"
API = "api-version=2025-03-01-preview"

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@dataclass
class Hands:
    """A person at a shell, with one kubectl or another."""

    tree: Tree
    info: SandboxInfo
    binary: str

    def kubectl(self, *arguments: str, stdin: str = "", check: bool = True) -> str:
        return self.tree.run(self.binary, "-n", NAMESPACE, *arguments, stdin=stdin, check=check).out

    def curl(self, *arguments: str) -> str:
        return self.tree.run("curl", "--silent", "--show-error", *arguments, check=True).out

    def status(self) -> int:
        """What the domain answers: the way there is only over the loopback port."""
        told = self.curl("--output", "/dev/null", "--write-out", "%{http_code}", "--noproxy", "*", *self.way(), HEALTH)
        return int(told)

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.curl("--noproxy", "*", *self.way(), HEALTH))
        return found

    def way(self) -> tuple[str, ...]:
        authority = str(self.info.bundle_file)
        return "--connect-to", f"klinecubic.cn:443:127.0.0.1:{self.info.ingress_https_port}", "--cacert", authority

    def images(self) -> set[str]:
        pods = json.loads(self.kubectl("get", "pods", "-l", "app=backend", "-o", "json"))["items"]
        return {pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in pods}

    def waiting(self) -> str:
        path = "jsonpath={.items[*].status.containerStatuses[*].state.waiting.reason}"
        return self.kubectl("get", "pods", "-l", "app=backend", "-o", path)


@pytest.fixture(params=kubectls(), ids=minor)
def hands(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hands]:
    """As `deployctl sandbox up --overlay …/overlays/prod` leaves a person, in a world of three times the speed."""
    tree = copy_of_example(tmp_path / "tree", {})
    overlay = Overlay((tree.folder / OVERLAY).parent, FLAGS, create_kinds=True)
    with running_sandbox("default", SPEED, tmp_path / "sandbox", (overlay,)) as info:
        person = Hands(
            Tree(tree.folder, {**info.environment(), "NO_PROXY": "localhost,127.0.0.1"}), info, request.param
        )
        for workload in ("deployment/backend", "statefulset/mongodb", "deployment/redis"):
            person.kubectl("rollout", "status", workload, "--timeout=240s")
        until(lambda: person.status() == 200)
        yield person


def test_a_release_by_the_documented_commands_and_an_outage_by_a_bad_tag(hands: Hands) -> None:
    version = version_of(hands)
    assert version == "0.8.8"
    build(hands, f"klinecubic/backend:prod-v{version}")

    with watched(hands) as seen:
        bump(hands, "prod-v0.8.7", f"prod-v{version}")
        apply(hands)
        hands.kubectl("rollout", "restart", "deployment/backend", "deployment/frontend")
        told = hands.kubectl("rollout", "status", "deployment/backend", "--timeout=240s")
        until(lambda: hands.status() == 200)
    assert 'deployment "backend" successfully rolled out' in told
    assert (hands.health()["status"], hands.images()) == ("ok", {f"prod-v{version}"})
    assert min(seen[200], seen[503]) > 0, f"Recreate costs a while of 503, and no more: {seen}"
    assert set(seen) <= {200, 503, 502}, seen

    bump(hands, f"prod-v{version}", "prod-v9.9.9")
    assert "is not in or below" in plainly_applied(hands)
    apply(hands)
    failed = hands.tree.run(
        hands.binary, "-n", NAMESPACE, "rollout", "status", "deployment/backend", "--timeout=6s", stdin=""
    )
    assert (failed.code, "timed out waiting for the condition" in failed.err) == (1, True), failed
    until(lambda: hands.waiting() in {"ErrImagePull", "ImagePullBackOff"})
    assert hands.status() == 503, "production is down, and stays so until somebody goes back"

    hands.kubectl("rollout", "undo", "deployment/backend")
    hands.kubectl("rollout", "status", "deployment/backend", "--timeout=240s")
    until(lambda: hands.status() == 200)
    assert hands.images() == {f"prod-v{version}"}


def version_of(hands: Hands) -> str:
    """1. The version."""
    (found,) = re.findall(r'^version = "(.*)"', hands.tree.read("backend/pyproject.toml"), re.M)
    return str(found)


def build(hands: Hands, image: str) -> None:
    """2. What `az acr build` asks of Azure, by curl."""
    azure, registry = hands.info.azure, hands.info.registry
    resource = (
        f"{azure.management}/subscriptions/{azure.subscription}/resourceGroups/{azure.resource_group}"
        f"/providers/Microsoft.ContainerRegistry/registries/{registry_name(hands)}"
    )
    assert registry.url
    token = json.loads(
        hands.curl(
            f"{azure.authority}/{azure.tenant}/oauth2/v2.0/token",
            "--data", "grant_type=client_credentials", "--data", f"client_id={azure.client_id}",
            "--data-urlencode", f"client_secret={azure.client_secret}",
            "--data", f"scope={azure.management}/.default",
        )
    )["access_token"]  # fmt: skip
    bearer = ("--header", f"Authorization: Bearer {token}", "--header", "Content-Type: application/json")
    place = json.loads(hands.curl(*bearer, "--data", "", f"{resource}/listBuildSourceUploadUrl?{API}"))
    archive = hands.tree.folder / "context.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(hands.tree.folder / "backend", arcname=".")
    hands.curl("--header", "x-ms-blob-type: BlockBlob", "--upload-file", str(archive), place["uploadUrl"])
    archive.unlink()
    order = {
        "type": "DockerBuildRequest",
        "imageNames": [image],
        "isPushEnabled": True,
        "sourceLocation": place["relativePath"],
        "dockerFilePath": "Dockerfile",
        "platform": {"os": "linux", "architecture": "amd64"},
        "timeout": 600,
    }
    run = json.loads(hands.curl(*bearer, "--data", json.dumps(order), f"{resource}/scheduleRun?{API}"))
    number = run["properties"]["runId"]

    def status() -> str:
        asked = hands.curl(*bearer, f"{resource}/runs/{number}?{API}")
        return str(json.loads(asked)["properties"]["status"])

    until(lambda: status() not in {"Queued", "Started", "Running"})
    assert status() == "Succeeded"


def registry_name(hands: Hands) -> str:
    (found,) = [r.name for r in hands.info.registries if r.host.startswith("financialagent-")]
    return found


def bump(hands: Hands, old: str, new: str) -> None:
    """3. newTag."""
    hands.tree.replace(OVERLAY, f'newTag: "{old}"', f'newTag: "{new}"')


def apply(hands: Hands) -> None:
    """4. In reality not `apply -k`: that fails on this tree."""
    folder = str(Path(OVERLAY).parent)
    rendered = hands.kubectl("kustomize", *FLAGS, folder)
    hands.kubectl("apply", "-f", "-", stdin=rendered)


def plainly_applied(hands: Hands) -> str:
    """Why `apply -k` does not do."""
    done = hands.tree.run(hands.binary, "apply", "-k", str(Path(OVERLAY).parent))
    assert done.code == 1, done
    return done.err


@contextmanager
def watched(hands: Hands) -> Iterator[Counter[int]]:
    """How often which status was seen meanwhile, as a visitor every tenth of a second sees it."""
    seen: Counter[int] = Counter()
    over = threading.Event()

    def visit() -> None:
        while not over.wait(0.1):
            seen[hands.status()] += 1

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        yield seen
    finally:
        over.set()
        visitor.join()


def until(what: Any, seconds: float = 240.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.2)
