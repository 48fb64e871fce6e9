"""Field selectors: which fields each kind can be selected by, and how."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from deployctl.sandbox.api.errors import bad_request
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object

_INVOLVED = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")

SUPPORTED: dict[str, dict[str, str]] = {
    "pods": {
        **{p: p for p in ("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName")},
        **{p: p for p in ("spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs")},
        "status.nominatedNodeName": "status.nominatedNodeName",
    },
    "events": {
        **{f"involvedObject.{name}": f"involvedObject.{name}" for name in _INVOLVED},
        "reason": "reason",
        "type": "type",
        "reportingComponent": "reportingComponent",
        "source": "source.component",
    },
    "nodes": {"spec.unschedulable": "spec.unschedulable"},
    "namespaces": {"status.phase": "status.phase", "name": "metadata.name"},
    "secrets": {"type": "type"},
    "services": {"spec.clusterIP": "spec.clusterIP", "spec.type": "spec.type"},
    "replicationcontrollers": {"status.replicas": "status.replicas"},
    "replicasets.apps": {"status.replicas": "status.replicas"},
    "jobs.batch": {"status.successful": "status.succeeded"},
    "certificatesigningrequests.certificates.k8s.io": {"spec.signerName": "spec.signerName"},
}
"""Selector label to where the value is, beyond metadata.name and metadata.namespace, which every kind has."""
SUPPORTED["events.events.k8s.io"] = {
    **SUPPORTED["events"],
    **{f"regarding.{name}": f"involvedObject.{name}" for name in _INVOLVED},
    "reportingController": "reportingComponent",
}

_BOOLEANS = {"spec.hostNetwork", "spec.unschedulable"}
_NUMBERS = {"status.replicas", "status.succeeded"}
_TERM = re.compile(r"(?<!\\),")


@dataclass(frozen=True)
class FieldTerm:
    """`path` of the stored object is, or is not, `value`; an absent field is the empty string."""

    path: str
    value: str
    equal: bool = True

    def matches(self, obj: Object) -> bool:
        return (_text(obj, self.path) == self.value) == self.equal


def parse(kind: Kind, text: str) -> tuple[FieldTerm, ...]:
    """Raises ApiError 400 for a field that the kind cannot be selected by."""
    return tuple(_term(kind, part) for part in _TERM.split(text) if part)


def _term(kind: Kind, part: str) -> FieldTerm:
    for mark, equal in (("!=", False), ("==", True), ("=", True)):
        label, found, value = part.partition(mark)
        if found:
            return FieldTerm(_path(kind, label.strip()), re.sub(r"\\([,=\\])", r"\1", value), equal)
    raise bad_request(f"invalid selector: {part!r}; can't understand {part!r}")


def _path(kind: Kind, label: str) -> str:
    if label == "metadata.name" or (label == "metadata.namespace" and kind.namespaced):
        return label
    supported = SUPPORTED.get(kind.resource, {})
    if label in supported:
        return supported[label]
    if supported or kind.custom:
        raise bad_request(f"field label not supported: {label}")
    known = 'only "metadata.name", "metadata.namespace"'
    raise bad_request(f'"{label}" is not a known field selector: {known}')


def _text(obj: Object, path: str) -> str:
    value: Any = obj
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if path in _BOOLEANS:
        return "true" if value else "false"
    if value is None:
        return "0" if path in _NUMBERS else ""
    return str(value)
