"""What an overlay's objects tell: who runs which image, and what the ingress leads where. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from deployctl.config.initialise.facts import OverlayFacts
from deployctl.model.json import Json, items, mapping, text
from deployctl.model.service import WORKLOAD_KINDS, WorkloadRef
from deployctl.model.workload import container_specs, pod_template


@dataclass(frozen=True)
class Running:
    """A workload and the images of its containers, init containers among them."""

    ref: WorkloadRef
    images: tuple[str, ...]
    body: Json


@dataclass(frozen=True)
class Route:
    """An ingress path that leads to a workload."""

    host: str
    path: str
    tls: bool
    ingress: str


def split_image(reference: str) -> tuple[str, str]:
    """Name and tag of a reference as it is written: no default host, no default tag; a digest is dropped."""
    name = reference.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (name, "")


def last_part(image_name: str) -> str:
    return image_name.rpartition("/")[2]


def running(overlay: OverlayFacts) -> tuple[Running, ...]:
    """Every workload of an overlay, in the order of kinds that a person would name them."""
    found = (
        Running(
            WorkloadRef(m.ref.kind, m.ref.name), tuple(c.image for c in container_specs(pod_template(m.body))), m.body
        )
        for m in overlay.manifests
        if m.ref.kind in WORKLOAD_KINDS
    )
    return tuple(sorted(found, key=lambda r: (WORKLOAD_KINDS.index(r.ref.kind), r.ref.name)))


def users(overlay: OverlayFacts, image_name: str) -> tuple[Running, ...]:
    """The workloads that run an image of this name."""
    return tuple(r for r in running(overlay) if any(split_image(i)[0] == image_name for i in r.images))


def namespace_of(overlay: OverlayFacts) -> tuple[str, str]:
    """The overlay's namespace and where it was seen; empty when nothing says one."""
    if overlay.namespace:
        return overlay.namespace, f"namespace: of {overlay.path}'s kustomization"
    named = Counter(m.ref.namespace for m in overlay.manifests if m.ref.kind in WORKLOAD_KINDS and m.ref.namespace)
    if named:
        return named.most_common(1)[0][0], f"metadata.namespace of the workloads that {overlay.path} renders"
    own = [m.ref.name for m in overlay.manifests if m.ref.kind == "Namespace"]
    return (own[0], f"the only Namespace that {overlay.path} renders") if len(own) == 1 else ("", "")


def routes(overlay: OverlayFacts, workloads: tuple[Running, ...]) -> tuple[Route, ...]:
    """Ingress paths to Services that select one of the workloads' pods; the longest path first."""
    labels = [mapping(pod_template(w.body), "metadata", "labels") for w in workloads]
    services = {m.ref.name for m in overlay.manifests if m.ref.kind == "Service" and _selects(m.body, labels)}
    found = (route for m in overlay.manifests if m.ref.kind == "Ingress" for route in _paths(m.body, services))
    return tuple(sorted(found, key=lambda route: -len(route.path)))


def _selects(service: Json, labels: list[Json]) -> bool:
    selector = mapping(service, "spec", "selector").items()
    return bool(selector) and any(selector <= pod.items() for pod in labels)


def _paths(ingress: Json, services: set[str]) -> Iterator[Route]:
    secure = {host for block in items(ingress, "spec", "tls") for host in block.get("hosts") or ()}
    for rule in items(ingress, "spec", "rules"):
        host = text(rule, "host")
        for path in items(rule, "http", "paths"):
            if text(path, "backend", "service", "name") in services and host and "*" not in host:
                name = text(ingress, "metadata", "name")
                yield Route(host, text(path, "path") or "/", host in secure, f"ingress/{name}")


def probe_paths(workloads: tuple[Running, ...]) -> tuple[tuple[str, str], ...]:
    """HTTP paths of probes, with the workload that has them; readiness first."""
    kinds = ("readinessProbe", "livenessProbe", "startupProbe")
    found = (
        (text(container, kind, "httpGet", "path"), f"{kind} of {w.ref}")
        for kind in kinds
        for w in workloads
        for container in items(pod_template(w.body), "spec", "containers")
    )
    return tuple((path, where) for path, where in found if path)
