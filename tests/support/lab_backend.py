"""One small `Recreate` backend on the real cluster, with a pull secret of its own, and a tree that releases it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from registry_images import Layout
from released_tree import Result, Tree

REPOSITORY = "proofs/backend"
OVERLAY = "deploy"
STARTUP, HEALTHY = 8.0, 8.0
"""Seconds: the deadlines of its configuration."""
HEALTH = 'echo \'{"status":"%s"}\' > /www/api/health; '
SERVE = "trap 'exit 0' TERM; /bin/busybox sleep 1 & wait; /bin/busybox httpd -f -p 8000 -h /www & wait"
LABELS = {"app": "backend"}
CONFIGURATION = """\
[registry]
login_server = "{registry}"
kind = "oci"
builder = "none"

[policies]
settle = 6.0

[policies.deadlines]
startup = {startup}
health = {healthy}

[environments.lab]
namespace = "{namespace}"
overlay = "deploy"
repository = "proofs/{{service}}"
tag = "v{{version}}"

[services.backend]
image = "proofs/backend"
workloads = ["deployment/backend"]

[services.backend.health]
path = "/api/health"
expect = {{ status = "ok" }}
"""


def deployment() -> dict[str, Any]:
    """The backend as it serves."""
    container = {
        "name": "backend",
        "image": REPOSITORY,
        "ports": [{"containerPort": 8000}],
        "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "backend-secrets", "key": "token"}}}],
        "resources": {"requests": {"memory": "64Mi"}, "limits": {"memory": "64Mi"}},
    }
    spec = {"containers": [container], "imagePullSecrets": [{"name": "acr-secret"}], "terminationGracePeriodSeconds": 2}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "backend"},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": spec},
        },
    }


@dataclass(frozen=True)
class Told:
    """A line of `--output json`, and the wall time at which it came."""

    at: float
    event: dict[str, Any]


@dataclass(frozen=True)
class Timed:
    """A command that was listened to."""

    result: Result
    told: tuple[Told, ...]
    seconds: float

    def first(self, event: str) -> Told:
        return next(t for t in self.told if t.event["event"] == event)


@dataclass(frozen=True)
class LabBackend:
    """The tree and its namespace."""

    tree: Tree
    namespace: str
    registry: str

    def push(self, version: str, *arguments: str) -> None:
        """An image of the lab's: a web server with a health document, or what `--run` says."""
        reference = f"{self.registry}/{REPOSITORY}:v{version}"
        command = [os.environ["DEPLOYCTL_LAB"], "image", reference, "--version", version, *arguments]
        subprocess.run(command, check=True, capture_output=True)

    def push_for(self, architecture: str, version: str) -> None:
        """An image that is labelled for another processor."""
        layout = Layout()
        top = layout.image(version, architecture)
        folder = layout.write(self.tree.folder.parent / f"image-{version}", top)
        login = f"{os.environ['LAB_PRIVATE_USER']}:{os.environ['LAB_PRIVATE_PASSWORD']}"
        options = ["-q", "--insecure-policy", "--dest-tls-verify=false", "--dest-creds", login]
        target = f"docker://{self.registry}/{REPOSITORY}:v{version}"
        subprocess.run(["skopeo", "copy", *options, f"oci:{folder}", target], check=True, capture_output=True)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return self.tree.kubectl("-n", self.namespace, *arguments, stdin=stdin)

    def pull_secret(self, password: str, host: str = "") -> None:
        """Write the login that the nodes pull with; for our registry unless another host is named."""
        login = {"username": os.environ["LAB_PRIVATE_USER"], "password": password}
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "acr-secret"},
            "type": "kubernetes.io/dockerconfigjson",
            "stringData": {".dockerconfigjson": json.dumps({"auths": {host or self.registry: login}})},
        }
        self.kubectl("apply", "-f", "-", stdin=json.dumps(secret))

    def change(self, **pod_or_container: Any) -> None:
        """Change the overlay's Deployment: `spec` is laid over the pod's, anything else over the container."""
        body = deepcopy(deployment())
        pod = body["spec"]["template"]["spec"]
        pod |= pod_or_container.pop("spec", {})
        pod["containers"][0] |= pod_or_container
        (self.tree.folder / OVERLAY / "backend.json").write_text(json.dumps(body, indent=1))

    def restore(self) -> None:
        """The overlay as it is committed, and the right pull secret."""
        self.tree.run("git", "checkout", "--quiet", ".", check=True)
        self.pull_secret(os.environ["LAB_PRIVATE_PASSWORD"])

    def run(self, *arguments: str) -> Timed:
        """deployctl, its lines stamped as they come."""
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "SYSTEMROOT")}
        began = time.time()
        with subprocess.Popen(
            [sys.executable, "-m", "deployctl", *arguments, "--output", "json"],
            cwd=self.tree.folder,
            env={**kept, **self.tree.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            lines = [(time.time(), line) for line in process.stdout]
            errors = process.stderr.read()
        result = Result(process.returncode, "".join(line for _, line in lines), errors)
        told = tuple(Told(at, json.loads(line)) for at, line in lines)
        return Timed(result, told, time.time() - began)


def lab_backend(folder: Path, namespace: str) -> LabBackend:
    """The namespace with version 1 serving, and its tree with the URL from outside."""
    registry = os.environ["LAB_PRIVATE_REGISTRY"]
    login = {
        "DEPLOYCTL_REGISTRY_USERNAME": os.environ["LAB_PRIVATE_USER"],
        "DEPLOYCTL_REGISTRY_PASSWORD": os.environ["LAB_PRIVATE_PASSWORD"],
    }
    (folder / OVERLAY).mkdir(parents=True)
    tree = Tree(folder, {"KUBECONFIG": os.environ["KUBECONFIG"], **login})
    backend = LabBackend(tree, namespace, registry)
    numbers = {"startup": STARTUP, "healthy": HEALTHY}
    (folder / "deployctl.toml").write_text(CONFIGURATION.format(registry=registry, namespace=namespace, **numbers))
    kustomization = {
        "namespace": namespace,
        "resources": ["backend.json"],
        "images": [{"name": REPOSITORY, "newName": f"{registry}/{REPOSITORY}", "newTag": "v1.0.0"}],
    }
    (folder / OVERLAY / "kustomization.yaml").write_text(json.dumps(kustomization, indent=1))
    backend.change()
    for command in (
        ("init", "--quiet"), ("config", "user.name", "tests"), ("config", "user.email", "tests@example.com"),
        ("add", "."), ("commit", "--quiet", "-m", "as it serves"),
    ):  # fmt: skip
        tree.run("git", *command, check=True)
    backend.push("1.0.0", "--run", HEALTH % "ok" + SERVE)
    tree.run("kubectl", "delete", "namespace", namespace, "--ignore-not-found", "--wait")
    tree.kubectl("create", "namespace", namespace)
    backend.pull_secret(os.environ["LAB_PRIVATE_PASSWORD"])
    backend.kubectl("create", "secret", "generic", "backend-secrets", "--from-literal=token=x")
    backend.kubectl("apply", "-k", str(folder / OVERLAY))
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "outside"},
        "spec": {"type": "NodePort", "selector": LABELS, "ports": [{"port": 8000}]},
    }
    backend.kubectl("apply", "-f", "-", stdin=json.dumps(service))
    backend.kubectl("rollout", "status", "deployment/backend", "--timeout=120s")
    port = json.loads(backend.kubectl("get", "service", "outside", "-o", "json"))["spec"]["ports"][0]["nodePort"]
    return replace(backend, tree=Tree(folder, {**tree.environment, "DEPLOYCTL_URL": f"http://127.0.0.1:{port}"}))
