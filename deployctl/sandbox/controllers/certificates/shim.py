"""The ingress-shim: TLS entries of an annotated Ingress become Certificates."""

from __future__ import annotations

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.events import Recorder
from deployctl.sandbox.controllers.kit.meta import annotations_of, controller_reference, namespace_of
from deployctl.sandbox.controllers.kit.world import World

CERTIFICATES = "certificates.cert-manager.io"
ANNOTATIONS = {"ClusterIssuer": "cert-manager.io/cluster-issuer", "Issuer": "cert-manager.io/issuer"}
MANAGER = "cert-manager-ingress-shim"


class IngressShim:
    """Creates what is missing; it never changes a Certificate that is there."""

    def __init__(self, world: World) -> None:
        self._world, self._events = world, Recorder(world, MANAGER, MANAGER)

    def look_at(self, ingress: Object) -> None:
        for kind, annotation in ANNOTATIONS.items():
            issuer = annotations_of(ingress).get(annotation)
            if issuer:
                self._create(ingress, kind, issuer)

    def _create(self, ingress: Object, kind: str, issuer: str) -> None:
        for entry in (ingress.get("spec") or {}).get("tls") or ():
            name = entry.get("secretName")
            if name and self._world.get(CERTIFICATES, namespace_of(ingress), name) is None:
                self._world.create(CERTIFICATES, certificate_for(ingress, entry, kind, issuer), MANAGER)
                self._events.normal(ingress, "CreateCertificate", f'Successfully created Certificate "{name}"')


def certificate_for(ingress: Object, entry: Object, kind: str, issuer: str) -> Object:
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {
            "name": entry["secretName"],
            "namespace": namespace_of(ingress),
            "labels": ingress["metadata"].get("labels") or {},
            "ownerReferences": [controller_reference(ingress)],
        },
        "spec": {
            "dnsNames": entry.get("hosts") or [],
            "issuerRef": {"group": "cert-manager.io", "kind": kind, "name": issuer},
            "secretName": entry["secretName"],
            "usages": ["digital signature", "key encipherment"],
        },
    }
