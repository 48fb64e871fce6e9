"""Reading what leads from users to pods: one LIST a kind, those that are not served or may not be read left out."""

from __future__ import annotations

from deployctl.adapters.kubernetes import paths
from deployctl.adapters.kubernetes.connection import Connection
from deployctl.adapters.kubernetes.listing import Listing, list_objects
from deployctl.adapters.side_by_side import side_by_side
from deployctl.model.json import text
from deployctl.model.manifest import Manifest, manifest
from deployctl.model.outside import Outside
from deployctl.model.pod import parse_event
from deployctl.ports import Kind

INGRESSES = Kind("networking.k8s.io/v1", "Ingress", "ingresses", namespaced=True)
ENDPOINTS = Kind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", namespaced=True)
CERTIFICATES = Kind("cert-manager.io/v1", "Certificate", "certificates", namespaced=True)
REQUESTS = Kind("cert-manager.io/v1", "CertificateRequest", "certificaterequests", namespaced=True)
ORDERS = Kind("acme.cert-manager.io/v1", "Order", "orders", namespaced=True)
CHALLENGES = Kind("acme.cert-manager.io/v1", "Challenge", "challenges", namespaced=True)
ISSUERS = Kind("cert-manager.io/v1", "Issuer", "issuers", namespaced=True)
CLUSTER_ISSUERS = Kind("cert-manager.io/v1", "ClusterIssuer", "clusterissuers", namespaced=False)
OURS = (INGRESSES, ENDPOINTS, CERTIFICATES, REQUESTS, ORDERS, CHALLENGES, ISSUERS, CLUSTER_ISSUERS)
SERVICES = Kind("v1", "Service", "services", namespaced=True)
ABOUT_SERVICES = (("fieldSelector", "involvedObject.kind=Service"),)


def read_outside(connection: Connection, namespace: str) -> Outside:
    """Raises Unavailable."""

    def listed(kind: Kind) -> Listing:
        everywhere = kind in (SERVICES, paths.EVENTS)
        query = ABOUT_SERVICES if kind == paths.EVENTS else ()
        return list_objects(connection, kind, "" if everywhere else namespace, query, optional=True)

    asked = (*OURS, SERVICES, paths.EVENTS)
    of = dict(zip(asked, side_by_side(listed, asked, at_once=len(asked)), strict=True))

    def every(*kinds: Kind) -> tuple[Manifest, ...]:
        return tuple(manifest(body) for kind in kinds for body in of[kind].items)

    return Outside(
        ingresses=every(INGRESSES),
        endpoints=every(ENDPOINTS),
        certificates=every(CERTIFICATES),
        requests=every(REQUESTS, ORDERS, CHALLENGES),
        issuers=every(ISSUERS, CLUSTER_ISSUERS),
        balancers=tuple(m for m in every(SERVICES) if text(m.body, "spec", "type") == "LoadBalancer"),
        events=tuple((text(e, "metadata", "namespace"), parse_event(e)) for e in of[paths.EVENTS].items),
        unreadable=frozenset(kind.kind for kind in asked if of[kind].denied),
    )
