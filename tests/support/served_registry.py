"""A registry of the sandbox behind https on a free port, with its parts in reach of the test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from azure.core.credentials import AccessToken

from deployctl.sandbox.clock import ScaledClock
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.pki import LOOPBACK, Authority, server_context
from deployctl.sandbox.process.listen import listen
from deployctl.sandbox.process.loop_thread import LoopThread
from deployctl.sandbox.registry.access import Account
from deployctl.sandbox.registry.app import build_app
from deployctl.sandbox.registry.registry import Challenge, Registry
from deployctl.sandbox.registry.storage import Storage

HOST = "example.azurecr.io"
ADMIN = Account("admin", "admin-secret")
PULLER = Account("puller", "puller-secret", ("pull",), ("team/*",))
APPLICATION = "application-id"
ACCEPT = {"Accept": "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"}


@dataclass(frozen=True)
class Served:
    """`host` is `localhost:PORT`."""

    registry: Registry
    host: str
    ca_file: Path
    certs: Path
    """A folder as skopeo's --cert-dir wants it."""

    @property
    def http(self) -> urllib3.PoolManager:
        return urllib3.PoolManager(ca_certs=str(self.ca_file))

    def request(self, method: str, path: str, **more: Any) -> urllib3.BaseHTTPResponse:
        return self.http.request(method, f"https://{self.host}{path}", redirect=False, retries=False, **more)

    def as_admin(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> urllib3.BaseHTTPResponse:
        basic = urllib3.make_headers(basic_auth=f"{ADMIN.username}:{ADMIN.password}")
        return self.request(method, path, headers={**ACCEPT, **basic, **(headers or {})}, **more)

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        """An Entra token: this object is an azure-core TokenCredential."""
        end = int(time.time()) + 3600
        return AccessToken(self.registry.entra.sign({"appid": APPLICATION, "exp": end}), end)


def make_registry(challenge: Challenge = "bearer", anonymous_pull: bool = False) -> Registry:
    clock = ScaledClock()
    return Registry(
        HOST,
        Storage(clock.now),
        clock,
        FaultBoard(),
        name="example",
        challenge=challenge,
        accounts=(ADMIN, PULLER),
        azure={APPLICATION: Account(APPLICATION, "")},
        anonymous_pull=anonymous_pull,
    )


@contextmanager
def served_registry(folder: Path, challenge: Challenge = "bearer", anonymous_pull: bool = False) -> Iterator[Served]:
    registry = make_registry(challenge, anonymous_pull)
    authority = Authority.open(folder)
    certs = folder / "certs"
    certs.mkdir(exist_ok=True)
    (certs / "ca.crt").write_bytes(authority.pair.certificate)
    with LoopThread() as thread:
        listener = thread.run(listen(build_app(registry), server_context(authority.server(*LOOPBACK), folder)))
        yield Served(registry, f"localhost:{listener.port}", folder / "ca.crt", certs)
        thread.run(listener.close())
