"""Whether a host name and port answer, as a program in a pod would find out: by services and their ready endpoints."""

from __future__ import annotations

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.nodes.environment import Read

CLUSTER_SUFFIXES = (".svc.cluster.local", ".svc")


def reaches(read: Read, namespace: str, host: str, port: int) -> bool:
    """Names outside the cluster answer; port 0 asks for the name alone."""
    name, where = _service_of(host, namespace)
    if name is None:
        return True
    service = read("services", where, name)
    if service is None:
        return False
    spec = service.get("spec") or {}
    if port == 0 or spec.get("type") == "ExternalName":
        return True
    return has_endpoints(read, service, where, name, port)


def has_endpoints(read: Read, service: Object, namespace: str, name: str, port: int) -> bool:
    spec = service.get("spec") or {}
    headless = spec.get("clusterIP") == "None"
    ports = spec.get("ports") or []
    if not headless and not any(p.get("port") == port for p in ports):
        return False
    endpoints = read("endpoints", namespace, name) or {}
    return any(subset.get("addresses") for subset in endpoints.get("subsets") or ())


def _service_of(host: str, namespace: str) -> tuple[str | None, str]:
    """The service behind a cluster name (`s`, `s.ns`, `pod.s.ns.svc…`); None for a name of the outside world."""
    if host in ("localhost", "127.0.0.1", "::1"):
        return None, ""
    bare = host.rstrip(".")
    internal = False
    for suffix in CLUSTER_SUFFIXES:
        if bare.endswith(suffix):
            bare, internal = bare.removesuffix(suffix), True
            break
    parts = bare.split(".")
    if len(parts) == 1:
        return parts[0], namespace
    if internal:
        return parts[-2], parts[-1]
    return (parts[0], parts[1]) if len(parts) == 2 and "." not in parts[1] and _is_namespace(parts[1]) else (None, "")


def _is_namespace(word: str) -> bool:
    """A top-level domain is not taken for a namespace."""
    return word not in ("com", "cn", "org", "net", "io", "dev", "local", "cloud", "app")
