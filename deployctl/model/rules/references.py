"""The proof of references: everything that pods, ingresses and claims name exists, or this apply brings it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deployctl.model.change import Finding
from deployctl.model.json import items, mapping, text
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.reference import Inventory, Reference, inventory
from deployctl.model.rules.named import references_of

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
    there: tuple[Reference, ...] = ()
    """What exists, or comes with this apply."""


def prove_references(manifests: tuple[Manifest, ...], live: Inventory) -> ReferenceProof:
    """Judge every reference of the objects that will be applied. `live` holds what exists now; what the objects
    themselves bring is added, and what operators (cert-manager, external secrets) make of them is expected."""
    present = live.with_all(inventory(manifests))
    promised = frozenset(promise for m in manifests for promise in _promises(m))
    missing: list[Finding] = []
    doubtful: list[Finding] = []
    lacking: dict[tuple[ObjectRef, str, str, str], list[Reference]] = {}
    there: list[Reference] = []
    for reference in dict.fromkeys(r for m in manifests for r in references_of(m)):
        if (reference.kind, reference.name) in BUILT_IN or _is_there(reference, present):
            there.append(reference)
        else:
            apart = reference.where if reference.kind in present.unreadable or _pulls(reference) else ""
            lacking.setdefault((reference.by, reference.kind, reference.name, apart), []).append(reference)
    for together in lacking.values():
        finding, certain = _finding(tuple(together), present, promised)
        (missing if certain else doubtful).append(finding)
    return ReferenceProof(tuple(missing), tuple(doubtful), tuple(there))


def _is_there(reference: Reference, present: Inventory) -> bool:
    if reference.key:
        return present.has_key(reference.kind, reference.name, reference.key)
    return present.has(reference.kind, reference.name)


def _pulls(reference: Reference) -> bool:
    return reference.where.endswith("imagePullSecrets")


def _finding(
    references: tuple[Reference, ...], present: Inventory, promised: frozenset[tuple[str, str]]
) -> tuple[Finding, bool]:
    """The finding of one object's references to another, and whether it is certain to do harm."""
    first = references[0]
    name = (first.kind, first.name)
    where = f"{first.by}: {first.where}"
    if first.kind in present.unreadable:
        words = f"cannot prove that {first} exists: {first.kind}s may not be read"
        return Finding("reference-unproven", words, where), False
    if name in promised:
        words = f"{first.kind} {first.name} is not there yet; an operator makes it of an object of this overlay"
        return Finding("reference-promised", words, where), False
    keys = tuple(dict.fromkeys(r.key for r in references if r.key))
    what = f"{first.kind} {first.name} does not exist"
    if present.has(*name):
        what = f"{first.kind} {first.name} has no {'key' if len(keys) == 1 else 'keys'} {', '.join(keys)}"
    elif keys:
        what += f"; {first.by} needs its {'key' if len(keys) == 1 else 'keys'} {', '.join(keys)}"
    places = tuple(f"{r.where}{f' names {r.key}' if r.key else ''}" for r in references) if len(references) > 1 else ()
    action = _action(first, keys, present)
    return Finding(f"{_dashed(first)}-missing", what, where, places, action, _incident(first)), not _pulls(first)


def _incident(reference: Reference) -> str:
    if _pulls(reference):
        return "ARCH001"
    return "CERT001" if reference.where == "spec.tls" else INCIDENTS.get(reference.kind, "")


def _dashed(reference: Reference) -> str:
    """The finding's id: the same as the fail-fast table's where both can see it (`configmap-key-missing`)."""
    kind = (
        "".join(f"-{c.lower()}" if c.isupper() else c for c in reference.kind)
        .lstrip("-")
        .replace("config-map", "configmap")
    )
    return f"{kind}-key" if reference.key else kind


def _action(reference: Reference, keys: tuple[str, ...], present: Inventory) -> str:
    """A command that mends it, to be completed with the values."""
    namespace = reference.by.namespace
    kubectl = f"kubectl -n {namespace}" if namespace else "kubectl"
    kind, name = reference.kind, reference.name
    if keys and present.has(kind, name):
        values = ",".join(f'"{key}":"VALUE"' for key in keys)
        field = "stringData" if kind == "Secret" else "data"
        return f"{kubectl} patch {kind.lower()} {name} -p '{{\"{field}\":{{{values}}}}}'"
    if _pulls(reference):
        return f"{kubectl} create secret docker-registry {name} --docker-server=HOST --docker-username=USER …"
    if reference.where == "spec.tls":
        return f"{kubectl} create secret tls {name} --cert=FILE --key=FILE"
    if kind in ("Secret", "ConfigMap"):
        sort = "secret generic" if kind == "Secret" else "configmap"
        return f"{kubectl} create {sort} {name} " + " ".join(f"--from-literal={key}=VALUE" for key in keys or ("KEY",))
    return f"create {kind} {name}, or correct {reference.where}"


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
