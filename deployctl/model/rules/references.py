"""The proof of references: everything that pods, ingresses and claims name exists, or this apply brings it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deployctl.model.change import Finding
from deployctl.model.json import Json, dig, items, mapping, text
from deployctl.model.manifest import Manifest
from deployctl.model.reference import Inventory, Reference, inventory
from deployctl.model.workload import pod_template

ISSUER_ANNOTATIONS = ("cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme")
BUILT_IN = frozenset(
    (
        ("ServiceAccount", "default"),
        ("ConfigMap", "kube-root-ca.crt"),
        ("PriorityClass", "system-cluster-critical"),
        ("PriorityClass", "system-node-critical"),
    )
)
"""What every namespace or cluster has."""
INCIDENTS = {"Secret": "SECRET001", "ConfigMap": "SECRET001", "IngressClass": "INGRESS001", "Service": "INGRESS001"}


@dataclass(frozen=True)
class ReferenceProof:
    """What the proof found."""

    missing: tuple[Finding, ...] = ()
    """Would fail: pods do not start, or nobody is served."""
    doubtful: tuple[Finding, ...] = ()
    """May be well: forbidden to read, made by an operator later, or pods start without it."""


def prove_references(manifests: tuple[Manifest, ...], live: Inventory) -> ReferenceProof:
    """Judge every reference of the objects that will be applied. `live` holds what exists now; what the objects
    themselves bring is added, and what operators (cert-manager, external secrets) make of them is expected."""
    present = live.with_all(inventory(manifests))
    promised = frozenset(promise for m in manifests for promise in _promises(m))
    missing: list[Finding] = []
    doubtful: list[Finding] = []
    for reference in dict.fromkeys(r for m in manifests for r in references_of(m)):
        if (reference.kind, reference.name) in BUILT_IN or _is_there(reference, present):
            continue
        finding, certain = _finding(reference, present, promised)
        (missing if certain else doubtful).append(finding)
    return ReferenceProof(tuple(missing), tuple(doubtful))


def _is_there(reference: Reference, present: Inventory) -> bool:
    if reference.key:
        return present.has_key(reference.kind, reference.name, reference.key)
    return present.has(reference.kind, reference.name)


def _finding(reference: Reference, present: Inventory, promised: frozenset[tuple[str, str]]) -> tuple[Finding, bool]:
    """The finding, and whether it is certain to do harm."""
    name = (reference.kind, reference.name)
    where = f"{reference.by}: {reference.where}"
    if reference.kind in present.unreadable:
        words = f"cannot prove that {reference} exists: {reference.kind}s may not be read"
        return Finding("reference-unproven", words, where), False
    if name in promised:
        words = f"{reference} is not there yet; an operator makes it of an object of this overlay"
        return Finding("reference-promised", words, where), False
    lacks = f"{reference.kind} {reference.name} has no key {reference.key}"
    what = lacks if present.has(*name) else f"{reference} does not exist"
    pull = reference.where.endswith("imagePullSecrets")
    incident = "ARCH001" if pull else INCIDENTS.get(reference.kind, "")
    return Finding(f"{_dashed(reference)}-missing", what, where, (), _action(reference, present), incident), not pull


def _dashed(reference: Reference) -> str:
    """The finding's id: the same as the fail-fast table's where both can see it (`configmap-key-missing`)."""
    kind = (
        "".join(f"-{c.lower()}" if c.isupper() else c for c in reference.kind)
        .lstrip("-")
        .replace("config-map", "configmap")
    )
    return f"{kind}-key" if reference.key else kind


def _action(reference: Reference, present: Inventory) -> str:
    namespace = reference.by.namespace
    kubectl = f"kubectl -n {namespace}" if namespace else "kubectl"
    field = "stringData" if reference.kind == "Secret" else "data"
    if reference.key and present.has(reference.kind, reference.name):
        patch = f'\'{{"{field}":{{"{reference.key}":"VALUE"}}}}\''
        return f"{kubectl} patch {reference.kind.lower()} {reference.name} -p {patch}"
    if reference.where.endswith("imagePullSecrets"):
        return f"{kubectl} create secret docker-registry {reference.name} --docker-server=HOST --docker-username=USER …"
    if reference.kind in ("Secret", "ConfigMap"):
        sort = "secret generic" if reference.kind == "Secret" else "configmap"
        return f"{kubectl} create {sort} {reference.name} --from-literal={reference.key or 'KEY'}=VALUE"
    return f"create {reference.kind} {reference.name}, or correct {reference.where}"


def _promises(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Objects that an operator makes of this one."""
    kind, spec = manifest.ref.kind, mapping(manifest.body, "spec")
    if kind == "ExternalSecret":
        yield "Secret", text(spec, "target", "name") or manifest.ref.name
    elif kind == "SealedSecret":
        yield "Secret", text(spec, "template", "metadata", "name") or manifest.ref.name
    elif kind == "Certificate":
        yield "Secret", text(spec, "secretName")
    elif kind == "Ingress" and any(a in manifest.annotations for a in ISSUER_ANNOTATIONS):
        for entry in items(spec, "tls"):
            yield "Secret", text(entry, "secretName")


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
    for volume in items(spec, "volumes"):
        yield from _of_volume(volume, f"{path}.volumes[{text(volume, 'name')}]")


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


def _of_volume(volume: Json, path: str) -> Iterator[_Named]:
    yield "PersistentVolumeClaim", text(volume, "persistentVolumeClaim", "claimName"), "", path
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
    for backend, where in _backends(spec):
        yield "Service", text(backend, "service", "name"), "", where


def _backends(spec: Json) -> Iterator[tuple[Json, str]]:
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
        for backend, where in _backends(mapping(ingress.body, "spec")):
            name, port = text(backend, "service", "name"), mapping(backend, "service", "port")
            wanted = port.get("number") or port.get("name")
            if name in known and wanted and wanted not in [dig(p, f) for p in known[name] for f in ("port", "name")]:
                has = ", ".join(str(p.get("port")) for p in known[name]) or "none"
                what = f"service {name} has no port {wanted}; it has {has}"
                fix = f"correct the port of {where}"
                found.append(Finding("service-port-missing", what, f"{ingress.ref}: {where}", (), fix, "INGRESS001"))
    return tuple(found)
