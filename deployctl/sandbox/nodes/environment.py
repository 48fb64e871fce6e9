"""A container's environment, from literals, ConfigMaps, Secrets, fields and services; and what is amiss in it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import annotations_of, labels_of, name_of, namespace_of, uid_of
from deployctl.sandbox.controllers.kit.quantity import parse_quantity

Read = Callable[[str, str, str], Object | None]
"""resource, namespace, name -> object."""
_REFERENCE = re.compile(r"\$(\$|\(([^)]*)\))")


class ConfigError(Exception):
    """The container cannot be created; the message is what a kubelet shows with CreateContainerConfigError."""


@dataclass(frozen=True)
class Cluster:
    """What a kubelet reads to fill in variables."""

    read: Read
    services: Callable[[str], list[Object]]
    """Of a namespace."""
    node_ip: str


def container_env(pod: Object, container: Object, cluster: Cluster) -> dict[str, str]:
    """The declared variables in their final values. Raises ConfigError."""
    namespace, read = namespace_of(pod), cluster.read
    env: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        prefix = source.get("prefix") or ""
        env.update({prefix + key: value for key, value in _all_of(source, namespace, read).items()})
    services = service_env(pod, cluster)
    for variable in container.get("env") or ():
        value = _value(variable, pod, container, cluster, {**services, **env})
        if value is not None:
            env[variable["name"]] = value
    return {**services, **env}


def _all_of(source: Object, namespace: str, read: Read) -> dict[str, str]:
    for field, resource, kind in (("configMapRef", "configmaps", "configmap"), ("secretRef", "secrets", "secret")):
        reference = source.get(field)
        if reference is None:
            continue
        found = read(resource, namespace, reference["name"])
        if found is None:
            if reference.get("optional"):
                return {}
            raise ConfigError(f'{kind} "{reference["name"]}" not found')
        return decoded(found)
    return {}


def decoded(obj: Object) -> dict[str, str]:
    """The data of a ConfigMap or a Secret as text."""
    data = obj.get("data") or {}
    if obj.get("kind") == "Secret":
        return {key: base64.b64decode(value or "").decode(errors="replace") for key, value in data.items()}
    return {key: str(value) for key, value in data.items()}


def _value(variable: Object, pod: Object, container: Object, cluster: Cluster, known: Mapping[str, str]) -> str | None:
    """None for an optional source that is not there."""
    if variable.get("value"):
        return expand(variable["value"], known)
    source = variable.get("valueFrom") or {}
    if "fieldRef" in source:
        return field_value(source["fieldRef"]["fieldPath"], pod, cluster.node_ip)
    if "resourceFieldRef" in source:
        return _resource(source["resourceFieldRef"], container)
    for field, resource, kind in (
        ("configMapKeyRef", "configmaps", "ConfigMap"),
        ("secretKeyRef", "secrets", "Secret"),
    ):
        if field in source:
            return _key(source[field], resource, kind, namespace_of(pod), cluster.read)
    return ""


def _key(reference: Object, resource: str, kind: str, namespace: str, read: Read) -> str | None:
    name, key, optional = reference["name"], reference["key"], reference.get("optional")
    found = read(resource, namespace, name)
    if found is None:
        if optional:
            return None
        raise ConfigError(f'{kind.lower()} "{name}" not found')
    values = decoded(found)
    if key not in values:
        if optional:
            return None
        raise ConfigError(f"couldn't find key {key} in {kind} {namespace}/{name}")
    return values[key]


def expand(text: str, known: Mapping[str, str]) -> str:
    """`$(NAME)` from what was declared before; `$$` is a dollar; unknown names stay as written."""

    def replaced(match: re.Match[str]) -> str:
        if match[1] == "$":
            return "$"
        return known.get(match[2], match[0])

    return _REFERENCE.sub(replaced, text)


def field_value(path: str, pod: Object, node_ip: str) -> str:
    """The downward API. Raises ConfigError for a path it does not have."""
    keyed = re.fullmatch(r"metadata\.(labels|annotations)\['([^']+)'\]", path)
    if keyed:
        source = labels_of(pod) if keyed[1] == "labels" else annotations_of(pod)
        return source.get(keyed[2], "")
    status = pod.get("status") or {}
    values = {
        "metadata.name": name_of(pod),
        "metadata.namespace": namespace_of(pod),
        "metadata.uid": uid_of(pod),
        "spec.nodeName": pod["spec"].get("nodeName", ""),
        "spec.serviceAccountName": pod["spec"].get("serviceAccountName", "default"),
        "status.podIP": status.get("podIP", ""),
        "status.podIPs": status.get("podIP", ""),
        "status.hostIP": node_ip,
        "status.hostIPs": node_ip,
    }
    if path not in values:
        raise ConfigError(f"unsupported fieldPath: {path}")
    return str(values[path])


def _resource(reference: Object, container: Object) -> str:
    kind, _, name = reference["resource"].partition(".")
    quantity = ((container.get("resources") or {}).get(kind) or {}).get(name, "0")
    divisor = parse_quantity(reference.get("divisor") or "1") or 1
    return str(-(-parse_quantity(quantity) // divisor))


def service_env(pod: Object, cluster: Cluster) -> dict[str, str]:
    """The API server's address and, unless the pod declines it, the links to the services of its namespace.

    The links have surprised many: a Service named `redis` sets REDIS_PORT to `tcp://…`.
    """
    kubernetes = cluster.read("services", "default", "kubernetes")
    links = _links(kubernetes) if kubernetes else {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}
    if pod["spec"].get("enableServiceLinks", True):
        for service in cluster.services(namespace_of(pod)):
            links |= _links(service)
    return {**links, "HOSTNAME": str(pod["spec"].get("hostname") or name_of(pod))}


def _links(service: Object) -> dict[str, str]:
    spec = service.get("spec") or {}
    host, ports = spec.get("clusterIP"), spec.get("ports") or []
    if not host or host == "None" or not ports:
        return {}
    prefix = name_of(service).upper().replace("-", "_")
    first = ports[0]
    links = {f"{prefix}_SERVICE_HOST": host, f"{prefix}_SERVICE_PORT": str(first["port"])}
    links[f"{prefix}_PORT"] = f"{first.get('protocol', 'TCP').lower()}://{host}:{first['port']}"
    for port in ports:
        if port.get("name"):
            links[f"{prefix}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}"] = str(port["port"])
        protocol = port.get("protocol", "TCP")
        one = f"{prefix}_PORT_{port['port']}_{protocol}"
        address = f"{protocol.lower()}://{host}:{port['port']}"
        links |= {one: address, f"{one}_PROTO": protocol.lower(), f"{one}_PORT": str(port["port"]), f"{one}_ADDR": host}
    return links
