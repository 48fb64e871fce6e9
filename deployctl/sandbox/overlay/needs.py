"""What rendered manifests refer to: pure functions over objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from deployctl.sandbox.contracts import Object


@dataclass
class Needs:
    """Names by namespace. Keys of a Secret or ConfigMap are those that somebody reads; optional ones do not count."""

    images: dict[str, list[tuple[str, Object]]] = field(default_factory=dict)
    """Reference → namespace and container of everything that runs it."""
    secrets: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    configs: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    pull_secrets: set[tuple[str, str]] = field(default_factory=set)
    accounts: set[tuple[str, str]] = field(default_factory=set)
    namespaces: set[str] = field(default_factory=set)
    classes: set[tuple[str, str]] = field(default_factory=set)
    """(kind, name) of ingress, storage and priority classes."""


def namespace_of(body: Object) -> str:
    """kubectl's default when it says none."""
    return str((body.get("metadata") or {}).get("namespace") or "default")


def needs_of(objects: Iterable[Object]) -> Needs:
    """Of all of them together, what they bring themselves included."""
    needs = Needs()
    for body in objects:
        namespace = namespace_of(body)
        if (body.get("metadata") or {}).get("namespace"):
            needs.namespaces.add(namespace)
        for template in pod_templates(body):
            _pod(needs, namespace, template.get("spec") or {})
        _classes(needs, body)
        if body.get("kind") == "ServiceAccount":
            needs.pull_secrets.update((namespace, s["name"]) for s in body.get("imagePullSecrets") or [])
    return needs


def pod_templates(body: Object) -> Iterator[dict[str, Any]]:
    """The pod templates anywhere in a workload; a Pod is its own."""
    if body.get("kind") == "Pod":
        yield body
        return
    spec = body.get("spec")
    if not isinstance(spec, dict):
        return
    if isinstance(spec.get("template"), dict) and isinstance(spec["template"].get("spec"), dict):
        yield spec["template"]
    if isinstance(spec.get("jobTemplate"), dict):
        yield from pod_templates(spec["jobTemplate"])


def _pod(needs: Needs, namespace: str, spec: dict[str, Any]) -> None:
    for container in (*(spec.get("initContainers") or []), *(spec.get("containers") or [])):
        if container.get("image"):
            needs.images.setdefault(str(container["image"]), []).append((namespace, container))
        _environment(needs, namespace, container)
    for volume in spec.get("volumes") or []:
        _volume(needs, namespace, volume)
    needs.pull_secrets.update((namespace, s["name"]) for s in spec.get("imagePullSecrets") or [])
    if spec.get("serviceAccountName"):
        needs.accounts.add((namespace, spec["serviceAccountName"]))
    if spec.get("priorityClassName"):
        needs.classes.add(("PriorityClass", spec["priorityClassName"]))


def _environment(needs: Needs, namespace: str, container: dict[str, Any]) -> None:
    for entry in container.get("env") or []:
        source = entry.get("valueFrom") or {}
        _key(needs.secrets, namespace, source.get("secretKeyRef"))
        _key(needs.configs, namespace, source.get("configMapKeyRef"))
    for entry in container.get("envFrom") or []:
        _whole(needs.secrets, namespace, entry.get("secretRef"), "name")
        _whole(needs.configs, namespace, entry.get("configMapRef"), "name")


def _volume(needs: Needs, namespace: str, volume: dict[str, Any]) -> None:
    _whole(needs.secrets, namespace, volume.get("secret"), "secretName")
    _whole(needs.configs, namespace, volume.get("configMap"), "name")
    for source in (volume.get("projected") or {}).get("sources") or []:
        _whole(needs.secrets, namespace, source.get("secret"), "name")
        _whole(needs.configs, namespace, source.get("configMap"), "name")


def _key(into: dict[tuple[str, str], set[str]], namespace: str, reference: dict[str, Any] | None) -> None:
    if reference and not reference.get("optional"):
        into.setdefault((namespace, reference["name"]), set()).add(str(reference["key"]))


def _whole(into: dict[tuple[str, str], set[str]], namespace: str, reference: dict[str, Any] | None, name: str) -> None:
    if reference and reference.get(name) and not reference.get("optional"):
        keys = {str(item["key"]) for item in reference.get("items") or []}
        into.setdefault((namespace, reference[name]), set()).update(keys)


def _classes(needs: Needs, body: Object) -> None:
    spec = body.get("spec") if isinstance(body.get("spec"), dict) else {}
    assert isinstance(spec, dict)
    if body.get("kind") == "Ingress" and spec.get("ingressClassName"):
        needs.classes.add(("IngressClass", spec["ingressClassName"]))
    claims = [body] if body.get("kind") == "PersistentVolumeClaim" else spec.get("volumeClaimTemplates") or []
    for claim in claims:
        name = (claim.get("spec") or {}).get("storageClassName")
        if name:
            needs.classes.add(("StorageClass", name))
