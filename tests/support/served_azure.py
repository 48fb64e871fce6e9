"""Azure of the sandbox behind https: Entra, Resource Manager, storage; and a client that makes the seven calls."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3
from served_registry import make_registry

from deployctl.sandbox.arm.agent import Pace
from deployctl.sandbox.arm.app import Azure
from deployctl.sandbox.arm.resources import Subscription
from deployctl.sandbox.arm.tenant import Principal, Tenant
from deployctl.sandbox.clock import ScaledClock
from deployctl.sandbox.pki import LOOPBACK, Authority, server_context
from deployctl.sandbox.process.listen import listen
from deployctl.sandbox.process.loop_thread import LoopThread
from deployctl.sandbox.registry.registry import Registry

SPEED = 20.0
BUILDER = Principal("builder-id", "builder-secret", ("build",))
READER = Principal("reader-id", "reader-secret")
SUBSCRIPTION = "sub-1"
R = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/group/providers/Microsoft.ContainerRegistry/registries/example"


@dataclass
class AzureClient:
    """Calls with a token; every call is on the wire."""

    azure: Azure
    registry: Registry
    url: str
    ca_file: Path
    principal: Principal = BUILDER
    http: urllib3.PoolManager = field(init=False)

    def __post_init__(self) -> None:
        self.http = urllib3.PoolManager(ca_certs=str(self.ca_file))

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> urllib3.BaseHTTPResponse:
        token = self.azure.subscription.tenant.issue(self.principal, "https://management.azure.com/")
        url = path if path.startswith("https://") else self.url + path
        content = json.dumps(body) if isinstance(body, (dict, list)) else body
        return self.http.request(
            method, url, body=content, headers={"Authorization": f"Bearer {token}", **headers}, retries=False
        )

    def get(self, path: str) -> Any:
        return json.loads(self.call("GET", path).data)

    def upload(self, archive: bytes) -> str:
        """The relative path of an uploaded context."""
        place = json.loads(self.call("POST", f"{R}/listBuildSourceUploadUrl", b"").data)
        put = self.http.request("PUT", place["uploadUrl"], body=archive, headers={"x-ms-blob-type": "BlockBlob"})
        assert put.status == 201, put.data
        return str(place["relativePath"])

    def schedule(self, archive: bytes, **more: Any) -> str:
        """The id of a new run."""
        answer = self.call("POST", f"{R}/scheduleRun", request_body(self.upload(archive), **more))
        assert answer.status == 200, answer.data
        return str(json.loads(answer.data)["properties"]["runId"])

    def finished(self, run: str) -> dict[str, Any]:
        """The run's properties once it is final."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            properties: dict[str, Any] = self.get(f"{R}/runs/{run}")["properties"]
            if properties["status"] not in {"Queued", "Started", "Running"}:
                return properties
            time.sleep(0.02)
        raise TimeoutError(run)

    def log_link(self, run: str) -> str:
        return str(json.loads(self.call("POST", f"{R}/runs/{run}/listLogSasUrl", b"").data)["logLink"])

    def log(self, run: str) -> str:
        answer = self.http.request("GET", self.log_link(run))
        assert answer.status == 200, answer.data
        return answer.data.decode()

    def build(self, files: Mapping[str, str], **more: Any) -> tuple[dict[str, Any], str]:
        """The final run and its log."""
        run = self.schedule(archive(files), **more)
        return self.finished(run), self.log(run)


def request_body(source: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "DockerBuildRequest",
        "imageNames": ["team/backend:v1"],
        "isPushEnabled": True,
        "sourceLocation": source,
        "dockerFilePath": "Dockerfile",
        "platform": {"os": "linux", "architecture": "amd64"},
        "timeout": 3600,
        **more,
    }


def archive(files: Mapping[str, str]) -> bytes:
    """A gzipped tar of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


@contextmanager
def served_azure(folder: Path, *, tasks_allowed: bool = True, abac: bool = False) -> Iterator[AzureClient]:
    registry = make_registry()
    tenant = Tenant("tenant-1", (BUILDER, READER), registry.entra, registry.faults)
    subscription = Subscription(
        SUBSCRIPTION, "group", "koreacentral", tenant, (registry,), tasks_allowed=tasks_allowed, abac=abac
    )
    azure = Azure(subscription, ScaledClock(SPEED), registry.faults, Pace(1.0, 4.0, 1 << 20, {}))
    authority = Authority.open(folder)
    with LoopThread() as thread:
        listener = thread.run(listen(azure.app(), server_context(authority.server(*LOOPBACK), folder)))
        yield AzureClient(azure, registry, f"https://localhost:{listener.port}", folder / "ca.crt")
        thread.run(listener.close())
