"""What an object names in other objects and cannot do without."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.json import Json, items, mapping, text
from deployctl.model.manifest import Manifest
from deployctl.model.reference import Reference
from deployctl.model.rules.routes import backends_of
from deployctl.model.workload import pod_template


def references_of(manifest: Manifest) -> Iterator[Reference]:
    """Everything that the object names and cannot do without; what is marked optional is left out."""
    if manifest.ref.kind == "Ingress":
        found = _of_ingress(manifest.body)
    elif manifest.ref.kind == "PersistentVolumeClaim":
        found = _of_claim(mapping(manifest.body, "spec"), "spec")
    elif manifest.ref.kind == "Pod":
        found = _of_pod(mapping(manifest.body, "spec"), "spec")
    else:
        found = _of_workload(manifest)
    for kind, name, key, where in found:
        if name:
            yield Reference(manifest.ref, kind, name, key, where)


_Named = tuple[str, str, str, str]
"""kind, name, key, path."""


def _of_workload(manifest: Manifest) -> Iterator[_Named]:
    template = pod_template(manifest.body)
    path = "spec.jobTemplate.spec.template.spec" if manifest.ref.kind == "CronJob" else "spec.template.spec"
    own = frozenset(text(c, "metadata", "name") for c in items(manifest.body, "spec", "volumeClaimTemplates"))
    for named in _of_pod(mapping(template, "spec"), path):
        if not (named[0] == "PersistentVolumeClaim" and named[1] in own):
            yield named
    for claim in items(manifest.body, "spec", "volumeClaimTemplates"):
        yield from _of_claim(mapping(claim, "spec"), f"spec.volumeClaimTemplates[{text(claim, 'metadata', 'name')}]")


def _of_claim(spec: Json, path: str) -> Iterator[_Named]:
    yield "StorageClass", text(spec, "storageClassName"), "", f"{path}.storageClassName"


def _of_pod(spec: Json, path: str) -> Iterator[_Named]:
    yield "ServiceAccount", text(spec, "serviceAccountName"), "", f"{path}.serviceAccountName"
    yield "PriorityClass", text(spec, "priorityClassName"), "", f"{path}.priorityClassName"
    yield "RuntimeClass", text(spec, "runtimeClassName"), "", f"{path}.runtimeClassName"
    for pull in items(spec, "imagePullSecrets"):
        yield "Secret", text(pull, "name"), "", f"{path}.imagePullSecrets"
    for field in ("initContainers", "containers"):
        for container in items(spec, field):
            yield from _of_container(container, f"{path}.{field}[{text(container, 'name')}]")
    mounted = _mounted(spec)
    for volume in items(spec, "volumes"):
        name = text(volume, "name")
        yield from _of_volume(volume, f"{path}.volumes[{name}]", mounted=name in mounted)


def _of_container(container: Json, path: str) -> Iterator[_Named]:
    for entry in items(container, "env"):
        where = f"{path}.env[{text(entry, 'name')}]"
        for kind, source in (("Secret", "secretKeyRef"), ("ConfigMap", "configMapKeyRef")):
            ref = mapping(entry, "valueFrom", source)
            if ref and ref.get("optional") is not True:
                yield kind, text(ref, "name"), text(ref, "key"), where
    for entry in items(container, "envFrom"):
        for kind, source in (("Secret", "secretRef"), ("ConfigMap", "configMapRef")):
            ref = mapping(entry, source)
            if ref and ref.get("optional") is not True:
                yield kind, text(ref, "name"), "", f"{path}.envFrom"


def _mounted(spec: Json) -> frozenset[str]:
    containers = (*items(spec, "initContainers"), *items(spec, "containers"))
    return frozenset(text(mount, "name") for c in containers for mount in items(c, "volumeMounts"))


def _of_volume(volume: Json, path: str, *, mounted: bool) -> Iterator[_Named]:
    """The scheduler waits for every claim; a kubelet makes only the volumes that a container mounts."""
    yield "PersistentVolumeClaim", text(volume, "persistentVolumeClaim", "claimName"), "", path
    if not mounted:
        return
    yield "Secret", text(volume, "csi", "nodePublishSecretRef", "name"), "", path
    for source in (volume, *items(volume, "projected", "sources")):
        yield from _of_source("Secret", mapping(source, "secret"), path)
        yield from _of_source("ConfigMap", mapping(source, "configMap"), path)


def _of_source(kind: str, source: Json, path: str) -> Iterator[_Named]:
    """A volume's secret is named `secretName`, a projected one's `name`; items name keys."""
    if not source or source.get("optional") is True:
        return
    name = text(source, "secretName") or text(source, "name")
    keys = [text(item, "key") for item in items(source, "items")]
    for key in keys or [""]:
        yield kind, name, key, path


def _of_ingress(body: Json) -> Iterator[_Named]:
    spec = mapping(body, "spec")
    yield "IngressClass", text(spec, "ingressClassName"), "", "spec.ingressClassName"
    for entry in items(spec, "tls"):
        yield "Secret", text(entry, "secretName"), "", "spec.tls"
    for backend, where in backends_of(spec):
        yield "Service", text(backend, "service", "name"), "", where
