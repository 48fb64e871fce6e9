"""Services that an ingress leads to and that lead on to nobody (INGRESS001): no pod has their labels or named port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deployctl.model.change import Finding
from deployctl.model.json import Json, items, mapping, text
from deployctl.model.manifest import Manifest
from deployctl.model.rules.routes import backends_of

INCIDENT = "INGRESS001"


def dead_ends(
    manifests: tuple[Manifest, ...], templates: tuple[Json, ...], labels: tuple[Json, ...]
) -> tuple[Finding, ...]:
    """Of the services among the manifests. `templates` are the pods' that will be; `labels` those of pods that run now,
    for some are made by operators."""
    services = {m.ref.name: m for m in manifests if m.ref.kind == "Service"}
    ingresses = [m for m in manifests if m.ref.kind == "Ingress"]
    named = {text(b, "service", "name") for i in ingresses for b, _ in backends_of(mapping(i.body, "spec"))}
    return tuple(f for name in sorted(named & set(services)) for f in _of(services[name], templates, labels))


def _of(service: Manifest, templates: tuple[Json, ...], labels: tuple[Json, ...]) -> Iterator[Finding]:
    selector = mapping(service.body, "spec", "selector")
    if not selector:
        return  # its endpoints are somebody's own affair
    behind = [template for template in templates if _has(mapping(template, "metadata", "labels"), selector)]
    if not behind and not any(_has(one, selector) for one in labels):
        wanted = ", ".join(f"{key}={value}" for key, value in selector.items())
        what = f"{service.ref} selects no pod: none has the labels {wanted}"
        fix = "correct its selector, or the labels of the pod template"
        yield Finding("service-selects-nothing", what, str(service.ref), (), fix, INCIDENT)
    known = {text(port, "name") for template in behind for port in _ports(template)}
    for port in items(service.body, "spec", "ports"):
        target = port.get("targetPort")
        if behind and isinstance(target, str) and not target.isdecimal() and target not in known:
            what = f"{service.ref} leads to the port {target}, and no container of its pods has a port of that name"
            fix = f"correct targetPort, or name the container's port {target}"
            yield Finding("target-port-missing", what, str(service.ref), (), fix, INCIDENT)


def _has(labels: Json, selector: Json) -> bool:
    return all(labels.get(key) == value for key, value in selector.items())


def _ports(template: Json) -> Iterable[Json]:
    return (port for container in items(template, "spec", "containers") for port in items(container, "ports"))
