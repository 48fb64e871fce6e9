"""What stands between users and pods: ingresses, endpoints, certificates, load balancers. No Secret is ever here."""

from __future__ import annotations

from dataclasses import dataclass

from deployctl.model.manifest import Manifest
from deployctl.model.pod import Event


@dataclass(frozen=True)
class Outside:
    """One reading. Kinds that the cluster does not serve are empty; those that may not be read are named."""

    ingresses: tuple[Manifest, ...] = ()
    endpoints: tuple[Manifest, ...] = ()
    """EndpointSlices of the namespace."""
    certificates: tuple[Manifest, ...] = ()
    """cert-manager's Certificates."""
    requests: tuple[Manifest, ...] = ()
    """What cert-manager does for them: CertificateRequests, Orders, Challenges."""
    issuers: tuple[Manifest, ...] = ()
    """Issuers of the namespace, and ClusterIssuers."""
    balancers: tuple[Manifest, ...] = ()
    """Services of type LoadBalancer in any namespace: the ingress controller's own is one."""
    events: tuple[tuple[str, Event], ...] = ()
    """(namespace, event) about Services, of any namespace."""
    unreadable: frozenset[str] = frozenset()
