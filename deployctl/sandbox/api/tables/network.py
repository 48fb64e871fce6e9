"""Services, endpoints, ingresses, network policies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from deployctl.sandbox.api.tables.ages import since
from deployctl.sandbox.api.tables.text import NONE, addresses, get, pairs, selector, some
from deployctl.sandbox.contracts import Object

_SHOWN_HOSTS = 3


def _age(obj: Object, now: datetime) -> str:
    return since(obj["metadata"].get("creationTimestamp"), now)


def service(obj: Object, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    return [
        obj["metadata"]["name"],
        spec.get("type", ""),
        next(iter(spec.get("clusterIPs") or []), NONE),
        _external(obj, spec),
        ",".join(_port(port) for port in spec.get("ports") or []) or NONE,
        _age(obj, now),
        pairs(spec.get("selector")),
    ]


def _external(obj: Object, spec: Object) -> str:
    kind, own = spec.get("type"), spec.get("externalIPs") or []
    if kind == "ExternalName":
        return str(spec.get("externalName", ""))
    if kind == "LoadBalancer":
        balanced = addresses(obj.get("status") or {})
        return ",".join([*([balanced] if balanced else []), *own]) or "<pending>"
    return ",".join(own) or NONE


def _port(port: Object) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node}/{port.get('protocol', 'TCP')}"


def endpoints(obj: Object, now: datetime) -> list[Any]:
    found = [target for subset in obj.get("subsets") or [] for target in _targets(subset)]
    return [obj["metadata"]["name"], some(found), _age(obj, now)]


def _targets(subset: Object) -> list[str]:
    ips = [address["ip"] for address in subset.get("addresses") or []]
    ports = subset.get("ports") or []
    return [f"{ip}:{port['port']}" for port in ports for ip in ips] if ports else ips


def endpoint_slice(obj: Object, now: datetime) -> list[Any]:
    ports = [str(port.get("port") or port.get("name") or "*") for port in obj.get("ports") or []]
    found = [address for endpoint in obj.get("endpoints") or [] for address in endpoint.get("addresses") or []]
    shown_ports = some(ports) if ports else "<unset>"
    shown = some(found) if found else "<unset>"
    return [obj["metadata"]["name"], obj.get("addressType", ""), shown_ports, shown, _age(obj, now)]


def ingress(obj: Object, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    rules = spec.get("rules") or []
    ports = "80, 443" if spec.get("tls") else "80"
    status = addresses(obj.get("status") or {})
    return [obj["metadata"]["name"], spec.get("ingressClassName") or NONE, _hosts(rules), status, ports, _age(obj, now)]


def _hosts(rules: list[Object]) -> str:
    listed: list[str] = []
    more = False
    for rule in rules:
        more = more or len(listed) == _SHOWN_HOSTS
        if not more and rule.get("host"):
            listed.append(rule["host"])
    if not listed:
        return "*"
    joined = ",".join(listed)
    return f"{joined} + {len(rules) - _SHOWN_HOSTS} more..." if more else joined


def ingress_class(obj: Object, now: datetime) -> list[Any]:
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    default = (metadata.get("annotations") or {}).get("ingressclass.kubernetes.io/is-default-class") == "true"
    parameters = spec.get("parameters")
    shown = NONE
    if parameters:
        group = f".{parameters['apiGroup']}" if parameters.get("apiGroup") else ""
        shown = f"{parameters['kind']}{group}/{parameters['name']}"
    name = metadata["name"] + (" (default)" if default else "")
    return [name, spec.get("controller", ""), shown, _age(obj, now)]


def network_policy(obj: Object, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], selector(get(obj, "spec.podSelector")), _age(obj, now)]
