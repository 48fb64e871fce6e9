"""CustomResourceDefinitions: what they define, and the status that says that it is served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deployctl.sandbox.api.rules import Kind, Subresource
from deployctl.sandbox.contracts import Object

RESOURCE = "customresourcedefinitions.apiextensions.k8s.io"
FINALIZER = "customresourcecleanup.apiextensions.k8s.io"
_OPEN: Mapping[str, Any] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
_WRITES = ("get", "patch", "update")


@dataclass(frozen=True)
class Definition:
    """One served version of a custom resource. `scale` has the paths of its scale subresource."""

    kind: Kind
    stored: bool
    columns: Sequence[Object] = field(default=())
    scale: Mapping[str, str] | None = None


def definitions(crd: Object) -> list[Definition]:
    """Of every served version, the stored one too when it is not served (`served` says so of the others)."""
    return [_definition(crd, version) for version in crd["spec"].get("versions") or [] if version.get("served")]


def _definition(crd: Object, version: Object) -> Definition:
    spec = crd["spec"]
    names = spec["names"]
    subresources = version.get("subresources") or {}
    schema = (version.get("schema") or {}).get("openAPIV3Schema") or _OPEN
    responses = tuple(_responses(spec["group"], version["name"], names["kind"], subresources))
    kind = Kind(
        spec["group"], version["name"], names["kind"], names["plural"], names.get("singular") or names["kind"].lower(),
        tuple(names.get("shortNames") or ()), spec.get("scope") != "Cluster", tuple(names.get("categories") or ()),
        tuple(r.name for r in responses), _VERBS, responses, schema,
    )  # fmt: skip
    columns = version.get("additionalPrinterColumns") or ()
    return Definition(kind, bool(version.get("storage")), tuple(columns), subresources.get("scale"))


def _responses(group: str, version: str, kind: str, subresources: Mapping[str, Any]) -> Iterator[Subresource]:
    if "status" in subresources:
        yield Subresource("status", group, version, kind, _WRITES)
    if "scale" in subresources:
        yield Subresource("scale", "autoscaling", "v1", "Scale", _WRITES)


def established(crd: Object, now: str) -> Object:
    """The status of a definition whose names nobody else has."""
    names = crd["spec"]["names"]
    stored = next((v["name"] for v in crd["spec"]["versions"] if v.get("storage")), "")
    before = (crd.get("status") or {}).get("storedVersions") or []
    conditions = (crd.get("status") or {}).get("conditions") or [
        _condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
        _condition("Established", "InitialNamesAccepted", "the initial names have been accepted", now),
    ]
    accepted = {"singular": names["kind"].lower(), "listKind": f"{names['kind']}List", **names}
    return {
        "conditions": conditions,
        "acceptedNames": accepted,
        "storedVersions": list(dict.fromkeys([*before, stored])),
    }


def terminating(crd: Object, now: str, *, pending: bool = False) -> Object:
    """The status of one that is being deleted: its objects go first."""
    status = crd.get("status") or {}
    reason, message = "InstanceDeletionInProgress", "CustomResource deletion is in progress"
    if pending:
        reason = "InstanceDeletionPending"
        message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
    condition = _condition("Terminating", reason, message, now)
    others = [c for c in status.get("conditions") or [] if c["type"] != "Terminating"]
    return {**status, "conditions": [*others, condition]}


def _condition(type: str, reason: str, message: str, now: str) -> Object:
    return {"lastTransitionTime": now, "message": message, "reason": reason, "status": "True", "type": type}
