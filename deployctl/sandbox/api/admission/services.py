"""What storing a service adds: cluster address, IP family, node ports; what an update keeps of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from deployctl.sandbox.api.addresses import Taken, ports_of
from deployctl.sandbox.api.admission.request import Request
from deployctl.sandbox.api.errors import invalid
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_WITH_ADDRESS = {"ClusterIP", "NodePort", "LoadBalancer"}
_WITH_PORTS = {"NodePort", "LoadBalancer"}


def admit(cluster: Cluster, request: Request) -> None:
    if request.kind.resource != "services" or request.subresource:
        return
    spec = request.obj["spec"]
    old = (request.old or {}).get("spec") or {}
    if old:
        _forget_other_type(spec, old)
    if spec.get("type") not in _WITH_ADDRESS:
        return
    if old.get("type") in _WITH_ADDRESS:
        _keep_address(spec, old)
    _address(cluster, request, spec, old)
    if spec["type"] in _WITH_PORTS:
        _node_ports(cluster, request, spec, old)


def _forget_other_type(spec: Object, old: Object) -> None:
    """Fields that only the old type has go with it, unless the client has just set them."""
    before, after = old.get("type"), spec.get("type")
    if before == after:
        return
    if before in _WITH_PORTS and after not in _WITH_PORTS:
        _drop(spec, old, "externalTrafficPolicy", "healthCheckNodePort")
        ports = {(p.get("port"), p.get("protocol")): p.get("nodePort") for p in old.get("ports") or []}
        for port in spec.get("ports") or []:
            if port.get("nodePort") and port["nodePort"] == ports.get((port.get("port"), port.get("protocol"))):
                del port["nodePort"]
    if before == "LoadBalancer":
        _drop(spec, old, "allocateLoadBalancerNodePorts", "loadBalancerClass")
    if before in _WITH_ADDRESS and after not in _WITH_ADDRESS:
        _drop(spec, old, "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy")


def _drop(spec: Object, old: Object, *names: str) -> None:
    for name in names:
        if name in spec and spec[name] == old.get(name):
            del spec[name]


def _keep_address(spec: Object, old: Object) -> None:
    if not spec.get("clusterIP") and not spec.get("clusterIPs"):
        for name in ("clusterIP", "clusterIPs"):
            if name in old:
                spec[name] = old[name]
    for name in ("ipFamilies", "ipFamilyPolicy"):
        if not spec.get(name) and name in old:
            spec[name] = old[name]


def _address(cluster: Cluster, request: Request, spec: Object, old: Object) -> None:
    address = spec.get("clusterIP") or next(iter(spec.get("clusterIPs") or []), "")
    if not address:
        address = _taking(request, "spec.clusterIPs", "", cluster.addresses.pick_address)
    elif address != "None" and not old.get("clusterIP") and _is_address(address):
        wanted = address
        _taking(request, "spec.clusterIPs", [wanted], partial(cluster.addresses.check_address, wanted))
    spec["clusterIP"], spec["clusterIPs"] = address, [address, *(spec.get("clusterIPs") or [])[1:]]
    headless = address == "None" and not spec.get("selector")
    spec.setdefault("ipFamilies", ["IPv4", "IPv6"] if headless else ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "RequireDualStack" if headless else "SingleStack")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _node_ports(cluster: Cluster, request: Request, spec: Object, old: Object) -> None:
    if spec["type"] == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is False:
        return
    before = {(p.get("port"), p.get("protocol")): p.get("nodePort") for p in old.get("ports") or []}
    own = set(ports_of({"spec": old}))
    for index, port in enumerate(spec.get("ports") or []):
        if not port.get("nodePort") and before.get((port["port"], port.get("protocol"))):
            port["nodePort"] = before[port["port"], port.get("protocol")]
        field = f"spec.ports[{index}].nodePort"
        if not port.get("nodePort"):
            taken = set(ports_of(request.obj))
            port["nodePort"] = _taking(request, field, 0, partial(cluster.addresses.pick_port, taken))
        elif port["nodePort"] not in own:
            number = port["nodePort"]
            _taking(request, field, number, partial(cluster.addresses.check_port, number))


def _taking(request: Request, field: str, value: Any, action: Callable[[], Any]) -> Any:
    """The result of `action`. Raises ApiError 422 when what is asked for is taken."""
    try:
        return action()
    except Taken as error:
        shown = "[" + ",".join(f'"{v}"' for v in value) + "]" if isinstance(value, list) else value
        cause = Cause("FieldValueInvalid", f"Invalid value: {shown}: {error}", field)
        raise invalid(resource_of(request.kind), request.obj["metadata"]["name"], [cause]) from error
