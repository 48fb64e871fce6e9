"""The sandbox's API server behind https on a loop of its own, and the ways to talk to it."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import urllib3
import yaml

from deployctl.sandbox.api.auth.authentication import Authenticator
from deployctl.sandbox.api.cluster import Cluster
from deployctl.sandbox.api.faults import Board
from deployctl.sandbox.api.metrics import Metrics
from deployctl.sandbox.api.server import ApiServer, build_app
from deployctl.sandbox.api.subresources.logs import PodLogs
from deployctl.sandbox.api.writer import User
from deployctl.sandbox.clock import ScaledClock
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.manager import run_controllers
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.pki import LOOPBACK, Authority, server_context
from deployctl.sandbox.process.listen import listen
from deployctl.sandbox.process.loop_thread import LoopThread
from deployctl.sandbox.requestlog import RequestLog

ADMIN, JANE = "admin-token", "jane-token"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
MERGE, JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
T = TypeVar("T")


@dataclass(frozen=True)
class Got:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.data)

    @property
    def events(self) -> list[Any]:
        """Of a watch that has ended."""
        return [json.loads(line) for line in self.data.splitlines()]

    @property
    def warnings(self) -> list[str]:
        found = self.headers.get("Warning")
        return [] if found is None else [found]


@dataclass
class ServedApi:
    """A served cluster. `inside` runs a function where the cluster lives: in its loop."""

    cluster: Cluster
    log: RequestLog
    authenticator: Authenticator
    url: str
    folder: Path
    loop: LoopThread
    http: urllib3.PoolManager = field(init=False)

    def __post_init__(self) -> None:
        self.http = urllib3.PoolManager(ca_certs=str(self.folder / "ca.crt"), maxsize=8)

    def inside(self, action: Callable[[], T]) -> T:
        async def run() -> T:
            return action()

        return self.loop.run(run())

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = ADMIN,
        content_type: str = "application/json",
        accept: str = "application/json",
        agent: str = "tests/1.0",
    ) -> Got:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Content-Type": content_type, "Accept": accept, "User-Agent": agent}
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        answer = self.http.request(method, self.url + path, body=content, headers=headers, retries=False)
        return Got(answer.status, answer.headers, answer.data)

    def get(self, path: str, **options: Any) -> Any:
        return self.call("GET", path, **options).body

    def kubeconfig(self, token: str = ADMIN) -> Path:
        certificate = base64.b64encode((self.folder / "ca.crt").read_bytes()).decode()
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": self.url, "certificate-authority-data": certificate}}],
            "users": [{"name": "u", "user": {"token": token}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
        file = self.folder / f"kubeconfig-{token}"
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        return file

    def kubectl(self, binary: str, *arguments: str, stdin: str = "", token: str = ADMIN) -> Ran:
        """With a cache of its own, so that one test's discovery is not another's."""
        command = [binary, f"--kubeconfig={self.kubeconfig(token)}", f"--cache-dir={self.folder / 'cache'}", *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)
        return Ran(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


@contextmanager
def served_api(
    folder: Path,
    *,
    faults: Board | None = None,
    pod_logs: PodLogs | None = None,
    metrics: Metrics | None = None,
    speed: float = 1.0,
    controllers: bool = False,
) -> Iterator[ServedApi]:
    """A cluster with nobody in it but the API server, and its controllers when asked for."""
    authority = Authority.open(folder)
    context = server_context(authority.server(*LOOPBACK), folder)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(folder / "ca.crt")
    users = {ADMIN: User("admin", ("system:masters",)), JANE: User("jane", ("team",))}
    authenticator, log = Authenticator(users), RequestLog()
    with LoopThread() as loop:

        async def start() -> tuple[Cluster, int]:
            cluster = Cluster(ScaledClock(speed), ca_certificate=(folder / "ca.crt").read_text())
            server = ApiServer(cluster, authenticator, log, faults=faults, pod_logs=pod_logs, metrics=metrics)
            listener = await listen(build_app(server), context)
            if controllers:
                tasks.append(asyncio.ensure_future(run_controllers(cluster, cluster.clock, FaultBoard())))
            return cluster, listener.port

        tasks: list[asyncio.Future[None]] = []
        cluster, port = loop.run(start())
        yield ServedApi(cluster, log, authenticator, f"https://localhost:{port}", folder, loop)


def config_map(name: str, labels: Mapping[str, str] | None = None, **data: str) -> Object:
    metadata: dict[str, Any] = {"name": name, "namespace": "default"}
    if labels:
        metadata["labels"] = dict(labels)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def pod(name: str, **spec: Any) -> Object:
    containers = [{"name": "app", "image": "registry.example.com/app:1"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
        "spec": {"containers": containers, **spec},
    }


def deployment(name: str, replicas: int = 1) -> Object:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
    }
