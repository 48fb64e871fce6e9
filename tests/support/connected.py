"""A connection to a scripted API server, and what it raises."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fake_clock import FakeClock
from kubeconfigs import kubeconfig
from scripted_http import Say

from deployctl.adapters.kubernetes.connection import Connection, Request
from deployctl.adapters.kubernetes.kubeconfig import ClusterSettings
from deployctl.model.errors import DeployError

GET = Request("GET", "/version")
GOOD = Say(body={"gitVersion": "v1.37.2"})
DENIED = Say(401, {"kind": "Status", "message": "Unauthorized"})
TRUSTED = {"certificate-authority": "ca/ca.crt"}


def connected(
    folder: Path,
    server: str,
    *,
    timeout: float = 5.0,
    user: Mapping[str, Any] | None = None,
    cluster: Mapping[str, Any] | None = None,
) -> Connection:
    """By a kubeconfig in `folder`; `user` and `cluster` are its entries."""
    path = kubeconfig(folder / "config", server, user=user or {"token": "hunter2"}, **(cluster or {}))
    return Connection(ClusterSettings(kubeconfig=path, request_timeout=timeout), FakeClock(), {"PATH": "/usr/bin:/bin"})


def failure(folder: Path, server: str, request: Request = GET, **more: Any) -> DeployError:
    """What sending raises. No credential may be in it."""
    with pytest.raises(DeployError) as caught:
        connected(folder, server, **more).send(request)
    assert "hunter2" not in f"{caught.value} {caught.value!r} {caught.value.problem}"
    return caught.value
