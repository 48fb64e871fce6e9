"""Services, their ports and what may not change once set."""

from __future__ import annotations

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation import labels, names
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    duplicate,
    each_invalid,
    forbidden,
    invalid,
    one_of,
    required,
    unsupported,
)
from deployctl.sandbox.schema.validation.pods.probes import port as number_or_name

SPEC = At("spec")
_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS = ("SCTP", "TCP", "UDP")


def service(obj: Object) -> Causes:
    spec = obj.get("spec") or {}
    kind, ports, headless = spec.get("type", ""), spec.get("ports") or [], spec.get("clusterIP") == "None"
    if not ports and not headless and kind != "ExternalName":
        yield required(SPEC / "ports")
    yield from _by_type(kind, spec)
    seen: set[str] = set()
    for index, port in enumerate(ports):
        yield from _port((SPEC / "ports")[index], port, seen, named=len(ports) > 1)
    yield from labels.label_map(SPEC / "selector", spec.get("selector"))
    yield from one_of(SPEC / "sessionAffinity", spec.get("sessionAffinity"), ("ClientIP", "None"))
    yield from _addresses(spec)
    yield from one_of(SPEC / "type", kind, _TYPES)
    yield from _same_ports(ports)
    yield from _traffic(kind, spec)


def _by_type(kind: str, spec: Struct) -> Causes:
    if kind == "LoadBalancer":
        if spec.get("clusterIP") == "None":
            detail = "may not be set to 'None' for LoadBalancer services"
            yield invalid((SPEC / "clusterIPs")[0], "None", detail)
    elif kind == "NodePort":
        if spec.get("clusterIP") == "None":
            yield invalid((SPEC / "clusterIPs")[0], "None", "may not be set to 'None' for NodePort services")
    elif kind == "ExternalName":
        if spec.get("clusterIP"):
            yield forbidden(SPEC / "clusterIPs", "may not be set for ExternalName services")
        name = spec.get("externalName", "").removesuffix(".")
        if name:
            yield from each_invalid(SPEC / "externalName", name, names.dns_subdomain(name))
        else:
            yield required(SPEC / "externalName")


def _port(at: At, port: Struct, seen: set[str], *, named: bool) -> Causes:
    name, number = port.get("name", ""), port.get("port", 0)
    if name:
        yield from each_invalid(at / "name", name, names.dns_label(name))
        if name in seen:
            yield duplicate(at / "name", name)
        seen.add(name)
    elif named:
        yield required(at / "name")
    yield from each_invalid(at / "port", number, names.port_number(number))
    yield from one_of(at / "protocol", port.get("protocol"), _PROTOCOLS)
    yield from number_or_name(at / "targetPort", port.get("targetPort", 0))


def _same_ports(ports: list[Struct]) -> Causes:
    """A protocol and port once; a node port once too."""
    ports_seen: set[tuple[str, int]] = set()
    node_ports_seen: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        at, protocol = (SPEC / "ports")[index], port.get("protocol", "")
        key, node_key = (protocol, port.get("port", 0)), (protocol, port.get("nodePort", 0))
        if key in ports_seen:
            # The real server shows the internal form of the port.
            shown = {
                "Name": "",
                "Protocol": protocol,
                "AppProtocol": None,
                "Port": key[1],
                "TargetPort": 0,
                "NodePort": 0,
            }
            yield duplicate(at, shown)
        if node_key[1] and node_key in node_ports_seen:
            yield duplicate(at / "nodePort", node_key[1])
        ports_seen.add(key)
        node_ports_seen.add(node_key)


def _addresses(spec: Struct) -> Causes:
    ip, ips = spec.get("clusterIP", ""), spec.get("clusterIPs") or []
    if ip and ips and ips[0] != ip:
        yield invalid(SPEC / "clusterIPs", ips, "first value must match `clusterIP`")
    elif not ip and ips:
        yield invalid(SPEC / "clusterIPs", ips, "must be empty when `clusterIP` is not specified")
    for index, address in enumerate(ips or ([ip] if ip else [])):
        if address != "None":
            yield from each_invalid((SPEC / "clusterIPs")[index], address, names.ip_address(address))
    for index, address in enumerate(spec.get("externalIPs") or []):
        yield from each_invalid((SPEC / "externalIPs")[index], address, names.ip_address(address))


def _traffic(kind: str, spec: Struct) -> Causes:
    internal, external = spec.get("internalTrafficPolicy"), spec.get("externalTrafficPolicy")
    if external is not None:
        if kind not in ("NodePort", "LoadBalancer") and not spec.get("externalIPs"):
            detail = "may only be set for externally-accessible services"
            yield invalid(SPEC / "externalTrafficPolicy", external, detail)
        elif external not in ("Cluster", "Local"):
            yield unsupported(SPEC / "externalTrafficPolicy", external, ("Cluster", "Local"))
    if internal is not None and internal not in ("Cluster", "Local"):
        yield unsupported(SPEC / "internalTrafficPolicy", internal, ("Cluster", "Local"))


def service_updated(old: Object, new: Object) -> Causes:
    """The cluster IP stays, unless the service becomes or was an ExternalName."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    if "ExternalName" in (before.get("type"), after.get("type")):
        return
    was, now = before.get("clusterIPs") or [], after.get("clusterIPs") or []
    here = (SPEC / "clusterIPs")[0]
    if was and not now:
        yield invalid(here, None, "primary clusterIP can not be unset")
    elif was and now[0] != was[0]:
        yield invalid(here, now, "may not change once set")
