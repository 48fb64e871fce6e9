"""What the rooms of the sandbox know of each other: nouns and protocols, nothing that runs.

    api/          the Kubernetes API server; implements `Objects`
    controllers/  Deployment … CronJob, scheduler, garbage collection; use `Objects`
    nodes/        kubelets with image stores; use `Objects`, `Images`; implement `Applications`
    registry/     OCI distribution with ACR's endpoints; implements `Images`
    arm/          Azure Resource Manager's build calls; pushes into the registry
    ingress/      routes a host and path to ready pods; uses `Objects`, `Applications`

Everything runs in one asyncio loop on one thread, so a call that does not await is atomic.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Object = dict[str, Any]
"""A Kubernetes object as decoded JSON. One that was read is never changed in place: copy it first."""


@dataclass(frozen=True)
class Change:
    """One watch event: what happened to an object, and the object after it (before it, when deleted)."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    object: Object


class Objects(Protocol):
    """The cluster's objects as controllers see them: the API server's own write path, without HTTP.

    `resource` is kubectl's spelling of a group resource: `pods`, `deployments.apps`, `certificates.cert-manager.io`.
    Writers name their field manager, as the real components do, so that managedFields read like a real cluster's.
    """

    def get(self, resource: str, namespace: str | None, name: str) -> Object | None: ...

    def list(self, resource: str, namespace: str | None = None) -> list[Object]: ...

    def create(self, resource: str, body: Object, *, manager: str) -> Object:
        """Raises ApiError (409 AlreadyExists, 403 quota, 422 Invalid …)."""

    def update(self, resource: str, body: Object, *, manager: str, subresource: str = "") -> Object:
        """Replace; subresource `status` writes only status. Raises ApiError (409 for a stale resourceVersion, 404)."""

    def delete(
        self,
        resource: str,
        namespace: str | None,
        name: str,
        *,
        uid: str | None = None,
        grace_seconds: int | None = None,
        propagation: Literal["Background", "Foreground", "Orphan"] = "Background",
    ) -> None:
        """Start deleting (pods keep their grace period; finalizers hold an object back). Missing is not an error."""

    def watch(self, resource: str) -> AsyncIterator[Change]:
        """The present objects as ADDED, then every change from there on, without gaps."""


@dataclass(frozen=True)
class ImageConfig:
    """What a kubelet needs of a pulled image."""

    repository: str
    digest: str
    """Of the manifest that the reference named (an index's own digest stays the imageID)."""
    size: int
    """Bytes of all layers, as compressed in the registry: what a pull transfers."""
    os: str = "linux"
    architecture: str = "amd64"
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    """`sandbox.*` labels describe how the program in the image behaves; see `nodes/behaviour.py`."""
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()


class PullError(Exception):
    """A pull that failed, with the text a real kubelet shows in `state.waiting.message` (containerd's words)."""


@dataclass(frozen=True)
class DockerAuth:
    """One entry of a `kubernetes.io/dockerconfigjson`: for `host`, user and password."""

    host: str
    username: str
    password: str


class Images(Protocol):
    """The registries as a node's containerd reaches them."""

    async def resolve(self, reference: str, auths: tuple[DockerAuth, ...], architecture: str) -> ImageConfig:
        """Authenticate, resolve and read the config; the transfer's time is the kubelet's affair. Raises PullError."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer of a simulated program."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Applications(Protocol):
    """The programs that run in pods."""

    async def request(
        self, namespace: str, pod: str, port: int, method: str, path: str, headers: Mapping[str, str]
    ) -> Answer:
        """Raises ConnectionRefusedError when nothing listens on the port, TimeoutError when it hangs."""


class Clock(Protocol):
    """Time inside the sandbox; may run faster than the wall's, or by hand in tests."""

    def now(self) -> datetime:
        """UTC."""

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class Faults(Protocol):
    """What goes wrong on purpose: data, changeable while the sandbox runs. Rooms ask; they never keep a copy."""

    def active(self, kind: str) -> tuple[Mapping[str, Any], ...]:
        """The parameters of every active fault of that kind, for example `image-pull`, `api-error`, `app-health`."""
