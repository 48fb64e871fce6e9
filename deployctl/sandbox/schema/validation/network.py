"""Ingress, IngressClass, NetworkPolicy."""

from __future__ import annotations

import ipaddress

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation import labels, names
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    each_invalid,
    forbidden,
    invalid,
    required,
    unsupported,
)

SPEC = At("spec")
_CLASS = "kubernetes.io/ingress.class"
_BAD_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F")
_BAD_ENDS = ("/..", "/.")
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")


def ingress(obj: Object) -> Causes:
    spec = obj.get("spec") or {}
    rules, backend = spec.get("rules") or [], spec.get("defaultBackend")
    if not rules and backend is None:
        yield invalid(SPEC, None, "either `defaultBackend` or `rules` must be specified")
    if backend is not None:
        yield from _backend(SPEC / "defaultBackend", backend)
    for index, rule in enumerate(rules):
        yield from _rule((SPEC / "rules")[index], rule)
    for index, tls in enumerate(spec.get("tls") or []):
        yield from _tls((SPEC / "tls")[index], tls)
    name = spec.get("ingressClassName")
    if name is not None:
        yield from each_invalid(SPEC / "ingressClassName", name, names.dns_subdomain(name))
    said = ((obj.get("metadata") or {}).get("annotations") or {}).get(_CLASS)
    if said is not None and name is not None and said != name:
        yield invalid(At("annotations") / _CLASS, said, "must match `ingressClassName` when both are specified")


def _host(at: At, host: str) -> Causes:
    rule = names.wildcard_subdomain if "*" in host else names.dns_subdomain
    yield from each_invalid(at, host, rule(host))


def _rule(at: At, rule: Struct) -> Causes:
    host = rule.get("host", "")
    if host:
        if not names.ip_address(host):
            yield invalid(at / "host", host, "must be a DNS name, not an IP address")
        yield from _host(at / "host", host)
    if "http" in rule:
        paths, here = rule["http"].get("paths") or [], at / "http" / "paths"
        if not paths:
            yield required(here)
        for index, path in enumerate(paths):
            yield from _path(here[index], path)


def _path(at: At, given: Struct) -> Causes:
    kind, path = given.get("pathType"), given.get("path", "")
    if kind is None:
        yield required(at / "pathType", "pathType must be specified")
        return
    if kind in ("Exact", "Prefix"):
        if not path.startswith("/"):
            yield invalid(at / "path", path, "must be an absolute path")
        for bad in _BAD_SEQUENCES:
            if bad in path:
                yield invalid(at / "path", path, f"must not contain '{bad}'")
        for bad in _BAD_ENDS:
            if path.endswith(bad):
                yield invalid(at / "path", path, f"cannot end with '{bad}'")
    elif kind == "ImplementationSpecific":
        if path and not path.startswith("/"):
            yield invalid(at / "path", path, "must be an absolute path")
    else:
        yield unsupported(at / "pathType", kind, _PATH_TYPES)
    yield from _backend(at / "backend", given.get("backend") or {})


def _backend(at: At, backend: Struct) -> Causes:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        yield invalid(at, "", "cannot set both resource and service backends")
    elif resource is not None:
        for field in ("kind", "name"):
            if not resource.get(field):
                yield required(at / "resource" / field)
    elif service is None:
        yield invalid(at, "", "resource or service backend is required")
    else:
        yield from _service_backend(at, service)


def _service_backend(at: At, service: Struct) -> Causes:
    name, port = service.get("name", ""), service.get("port") or {}
    if name:
        yield from each_invalid(at / "service" / "name", name, names.dns_label(name))
    else:
        yield required(at / "service" / "name")
    if port.get("name") and port.get("number"):
        yield invalid(at, "", "cannot set both port name & port number")
    elif port.get("name"):
        yield from each_invalid(at / "service" / "port" / "name", port["name"], names.port_name(port["name"]))
    elif port.get("number"):
        yield from each_invalid(at / "service" / "port" / "number", port["number"], names.port_number(port["number"]))
    else:
        yield required(at, "port name or number is required")


def _tls(at: At, tls: Struct) -> Causes:
    for index, host in enumerate(tls.get("hosts") or []):
        yield from _host((at / "hosts")[index], host)
    if tls.get("secretName"):
        yield from each_invalid(at / "secretName", tls["secretName"], names.dns_subdomain(tls["secretName"]))


def ingress_class(obj: Object) -> Causes:
    spec = obj.get("spec") or {}
    controller, at = spec.get("controller", ""), SPEC / "controller"
    if not controller:
        yield required(at)
    elif "/" not in controller:
        yield invalid(at, controller, 'must be a domain-prefixed path (such as "acme.io/foo")')


def network_policy(obj: Object) -> Causes:
    spec = obj.get("spec") or {}
    yield from labels.selector(SPEC / "podSelector", spec.get("podSelector"))
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(direction) or []):
            at = (SPEC / direction)[index]
            for number, port in enumerate(rule.get("ports") or []):
                yield from _policy_port((at / "ports")[number], port)
            for number, peer in enumerate(rule.get(peers) or []):
                yield from _peer((at / peers)[number], peer)
    for index, kind in enumerate(spec.get("policyTypes") or []):
        if kind not in ("Ingress", "Egress"):
            yield unsupported((SPEC / "policyTypes")[index], kind, ("Ingress", "Egress"))


def _policy_port(at: At, given: Struct) -> Causes:
    if given.get("protocol") not in ("TCP", "UDP", "SCTP"):
        yield unsupported(at / "protocol", given.get("protocol"), ("TCP", "UDP", "SCTP"))
    port = given.get("port")
    if isinstance(port, int):
        yield from each_invalid(at / "port", port, names.port_number(port))
        if "endPort" in given and given["endPort"] < port:
            yield invalid(at / "endPort", given["endPort"], "must be greater than or equal to `port`")
    elif port is not None:
        yield from each_invalid(at / "port", port, names.port_name(port))


def _peer(at: At, peer: Struct) -> Causes:
    if "podSelector" in peer:
        yield from labels.selector(at / "podSelector", peer["podSelector"])
    if "namespaceSelector" in peer:
        yield from labels.selector(at / "namespaceSelector", peer["namespaceSelector"])
    if "ipBlock" in peer:
        yield from _block(at / "ipBlock", peer["ipBlock"])
    if not peer:
        yield required(at, "must specify a peer")
    elif "ipBlock" in peer and len(peer) > 1:
        yield forbidden(at, "may not specify both ipBlock and another peer")


def _block(at: At, block: Struct) -> Causes:
    cidr = block.get("cidr", "")
    if not cidr:
        yield required(at / "cidr")
        return
    try:
        ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        yield invalid(at / "cidr", cidr, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")
