"""A namespace on a live API server, for the adapters' contract tests."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployctl.adapters.clock import SystemClock
from deployctl.adapters.kubernetes.connection import Connection
from deployctl.adapters.kubernetes.kubeconfig import ClusterSettings
from deployctl.adapters.kubernetes.reader import KubernetesCluster
from deployctl.adapters.kubernetes.writer import KubernetesWriter
from deployctl.model.manifest import Manifest, manifest


@dataclass(frozen=True)
class Place:
    """A namespace of its own, and the adapters that work in it."""

    kubeconfig: Path
    namespace: str
    connection: Connection
    cluster: KubernetesCluster
    writer: KubernetesWriter

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """What kubectl prints. Its failure is shown, for nothing here is expected to fail."""
        command = ["kubectl", "-n", self.namespace, *arguments]
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        done = subprocess.run(command, input=stdin, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def documented_apply(self, text: str) -> None:
        """As the documented workflow does it: client-side."""
        self.kubectl("apply", "-f", "-", stdin=text)

    def manifests(self, text: str) -> tuple[Manifest, ...]:
        return tuple(manifest(body) for body in yaml.safe_load_all(text))

    def one(self, text: str) -> Manifest:
        (only,) = self.manifests(text)
        return only

    def live(self, one: Manifest) -> Manifest:
        return self.cluster.get((one.ref,))[one.ref]


def connect(kubeconfig: Path, namespace: str) -> Connection:
    settings = ClusterSettings(kubeconfig=kubeconfig, namespace=namespace)
    return Connection(settings, SystemClock(), {"PATH": os.environ["PATH"]})


def kubeconfig_of(request: pytest.FixtureRequest) -> Path:
    """Of the API server that a fixture's parameter names."""
    if request.param == "real":
        return Path(os.environ["KUBECONFIG"])
    found = request.getfixturevalue("sandbox_kubeconfig")
    assert isinstance(found, Path)
    return found


@contextmanager
def place_on(kubeconfig: Path) -> Iterator[Place]:
    namespace = f"adapters-{uuid.uuid4().hex[:8]}"
    connection = connect(kubeconfig, namespace)
    cluster = KubernetesCluster(connection)
    place = Place(kubeconfig, namespace, connection, cluster, KubernetesWriter(connection, cluster, SystemClock()))
    place.kubectl("create", "namespace", namespace)
    try:
        yield place
    finally:
        place.kubectl("delete", "namespace", namespace, "--wait=false")
        connection.close()


def essence(body: Any) -> dict[str, Any]:
    """An object without what every write moves."""
    moved = {"managedFields", "resourceVersion", "generation"}
    metadata = {key: value for key, value in body["metadata"].items() if key not in moved}
    return {**{k: v for k, v in body.items() if k != "status"}, "metadata": metadata}
