"""What leads from users to pods, as a live API server lists it; and what may not be read is said to be so."""

from __future__ import annotations

from pathlib import Path

from connected import connected
from live_place import Place
from scripted_http import Asked, Say, serving

from deployctl.adapters.kubernetes.surroundings import KubernetesSurroundings

OBJECTS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  rules: [{host: shop.example.com, http: {paths: [{path: /, pathType: Prefix,
    backend: {service: {name: web, port: {number: 80}}}}]}}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: outer}
spec: {type: LoadBalancer, ports: [{port: 80}]}
---
apiVersion: v1
kind: Event
metadata: {name: outer.1}
involvedObject: {apiVersion: v1, kind: Service, name: outer, namespace: %(namespace)s}
type: Warning
reason: SyncLoadBalancerFailed
message: the size differs
"""


def test_ingresses_balancers_and_events_about_services_are_read(place: Place) -> None:
    place.documented_apply(OBJECTS % {"namespace": place.namespace})
    found = KubernetesSurroundings(place.connection).outside(place.namespace)
    assert [m.ref.name for m in found.ingresses] == ["shop"]
    assert [m.ref.name for m in found.balancers if m.ref.namespace == place.namespace] == ["outer"]
    mine = [event for namespace, event in found.events if namespace == place.namespace]
    assert [(e.name, e.type, e.message) for e in mine] == [("outer", "Warning", "the size differs")]
    assert {event.kind for _, event in found.events} == {"Service"}
    assert found.unreadable == frozenset()


def test_kinds_that_are_not_served_are_empty_and_those_that_may_not_be_read_are_named(tmp_path: Path) -> None:
    def script(asked: Asked) -> Say:
        path = asked.path.partition("?")[0]
        if "cert-manager.io" in path:
            return Say(404, {"kind": "Status", "reason": "NotFound"})
        return Say(403, {"kind": "Status", "reason": "Forbidden"}) if path.endswith("ingresses") else Say(body={})

    with serving(script) as served:
        found = KubernetesSurroundings(connected(tmp_path, f"http://{served.address}")).outside("shop")
    assert (found.ingresses, found.certificates, found.issuers) == ((), (), ())
    assert found.unreadable == {"Ingress"}
