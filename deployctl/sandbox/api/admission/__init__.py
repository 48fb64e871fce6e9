"""Admission: what the server changes in, or refuses of, a write after the schema had its say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api.admission import (
    default_classes,
    limits,
    namespaces,
    pod_security,
    pods,
    protection,
    quota,
    resizes,
    service_accounts,
    services,
)
from deployctl.sandbox.api.admission.request import Request

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

__all__ = ["Request", "admit", "validate"]


def admit(cluster: Cluster, request: Request) -> None:
    """Plug-ins that may change `request.obj`. Raises ApiError."""
    namespaces.admit(cluster, request)
    service_accounts.admit(cluster, request)
    pods.admit(cluster, request)
    limits.admit(cluster, request)
    services.admit(cluster, request)
    protection.admit(request)
    default_classes.admit(cluster, request)
    pods.finish(request)


def validate(cluster: Cluster, request: Request) -> None:
    """Plug-ins that only say yes or no, once the object is final. Raises ApiError."""
    limits.validate(cluster, request)
    pod_security.validate(cluster, request)
    resizes.validate(cluster, request)
    quota.validate(cluster, request)
