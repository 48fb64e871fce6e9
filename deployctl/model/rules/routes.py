"""Where an ingress leads: services, and ports that they have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deployctl.model.change import Finding
from deployctl.model.json import Json, dig, items, mapping, text
from deployctl.model.manifest import Manifest


def backends_of(spec: Json) -> Iterator[tuple[Json, str]]:
    """Each backend of an ingress, and where it is named."""
    yield mapping(spec, "defaultBackend"), "spec.defaultBackend"
    for rule in items(spec, "rules"):
        for path in items(rule, "http", "paths"):
            yield mapping(path, "backend"), f"spec.rules[{text(rule, 'host') or '*'}]{text(path, 'path')}"


def misrouted(manifests: Iterable[Manifest], services: Iterable[Manifest]) -> tuple[Finding, ...]:
    """Ports that an ingress names and its service does not have (INGRESS001). Services that do not exist are the
    references' affair."""
    known = {service.ref.name: items(service.body, "spec", "ports") for service in services}
    found: list[Finding] = []
    for ingress in (m for m in manifests if m.ref.kind == "Ingress"):
        for backend, where in backends_of(mapping(ingress.body, "spec")):
            name, port = text(backend, "service", "name"), mapping(backend, "service", "port")
            wanted = port.get("number") or port.get("name")
            if name in known and wanted and wanted not in [dig(p, f) for p in known[name] for f in ("port", "name")]:
                has = ", ".join(str(p.get("port")) for p in known[name]) or "none"
                what = f"service {name} has no port {wanted}; it has {has}"
                fix = f"correct the port of {where}"
                found.append(Finding("service-port-missing", what, f"{ingress.ref}: {where}", (), fix, "INGRESS001"))
    return tuple(found)
