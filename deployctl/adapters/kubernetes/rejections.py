"""Why the API server refused an object: its own words, a reason that code can match, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from deployctl.adapters.kubernetes.connection import Answer
from deployctl.adapters.kubernetes.masking import without_quoted_values
from deployctl.model.json import Json, items, text
from deployctl.model.manifest import ObjectRef
from deployctl.model.rules.masking import mask
from deployctl.ports import ClusterRejected


@dataclass(frozen=True)
class _Rule:
    """The first rule whose needle is in the message names the reason; the Status' own reason otherwise."""

    needle: str
    reason: str
    what: str
    action: str


_IMMUTABLE = "delete the object and let the release create it anew, if its data may go; a Job is recreated by itself"
_RULES = (
    _Rule("field is immutable", "Immutable", "a field that cannot be changed differs", _IMMUTABLE),
    _Rule("updates to statefulset spec for", "Immutable", "a field that cannot be changed differs", _IMMUTABLE),
    _Rule("may not change once set", "Immutable", "a field that cannot be changed differs", _IMMUTABLE),
    _Rule("cannot change roleRef", "Immutable", "the roleRef of a binding cannot be changed", _IMMUTABLE),
    _Rule("is immutable after creation", "Immutable", "a field that cannot be changed differs", _IMMUTABLE),
    _Rule(
        "because it is being terminated",
        "NamespaceTerminating",
        "its namespace is being deleted",
        "wait until it is gone: kubectl get namespace; look for finalizers when it stays",
    ),
    _Rule("exceeded quota", "QuotaExceeded", "a quota of the namespace is used up", "kubectl describe resourcequota"),
    _Rule("violates PodSecurity", "PodSecurity", "the namespace's pod security level forbids it", ""),
    _Rule(
        "does not support dry run",
        "DryRunUnsupported",
        "an admission webhook cannot take part in a dry run",
        "set `sideEffects: None` of the webhook, or ask its owner to",
    ),
    _Rule("admission webhook", "AdmissionDenied", "an admission webhook refused it", ""),
    _Rule("ValidatingAdmissionPolicy", "AdmissionDenied", "an admission policy refused it", ""),
    _Rule("field not declared in schema", "UnknownField", "it has a field that its kind does not know", "correct it"),
    _Rule("unknown field", "UnknownField", "it has a field that its kind does not know", "correct the manifest"),
    _Rule("duplicate entries for key", "DuplicateEntry", "it names the same thing twice", "correct the manifest"),
    _Rule("failed to create typed patch object", "Unreadable", "it is not of its kind's form", "correct the manifest"),
    _Rule("failed to convert new object", "Unreadable", "it is not of its kind's form", "correct the manifest"),
    _Rule("404 page not found", "NoKind", "the cluster does not serve this kind", "install its CRD or operator first"),
)
_BY_REASON = {
    "Invalid": ("it is not valid", "correct the manifest"),
    "Forbidden": ("we may not write it", "ask the cluster's administrator, or check with: kubectl auth can-i"),
    "Conflict": ("somebody else changed it at the same time", "look who did, then run the command again"),
    "NotFound": ("something it needs does not exist", ""),
    "AlreadyExists": ("it exists already", ""),
}


def rejection(ref: ObjectRef, answer: Answer, values: frozenset[str] = frozenset()) -> ClusterRejected:
    """From an answer that is not a success. `values` of Secrets, and any quoted value of a Secret, are hidden."""
    status = answer.json()
    message = text(status, "message") or answer.body.decode(errors="replace").strip()[:500]
    rule = _rule(ref, answer, message)
    return ClusterRejected(
        f"the API server refuses it: {rule.what}",
        ref=ref,
        status=answer.status,
        reason=rule.reason,
        evidence=tuple(_clean(line, ref, values) for line in _evidence(status, message)),
        action=rule.action,
    )


def no_kind(ref: ObjectRef) -> ClusterRejected:
    """For a kind that discovery does not list."""
    return ClusterRejected(
        f"the cluster serves no {ref.kind} of {ref.api_version}",
        ref=ref,
        status=404,
        reason="NoKind",
        evidence=(f"discovery lists no {ref.api_version} {ref.kind}",),
        action="install the CRD or operator that brings this kind, or correct apiVersion and kind",
    )


def _rule(ref: ObjectRef, answer: Answer, message: str) -> _Rule:
    for rule in _RULES:
        if rule.needle in message:
            return rule
    if answer.status == 404 and message.startswith("namespaces "):
        create = f"kubectl create namespace {ref.namespace}"
        return _Rule("", "NamespaceMissing", f"the namespace {ref.namespace!r} does not exist", create)
    reason = text(answer.json(), "reason")
    what, action = _BY_REASON.get(reason, (f"HTTP {answer.status}", ""))
    return _Rule("", reason, what, action)


def _evidence(status: Json, message: str) -> tuple[str, ...]:
    """The causes with their fields where there are any; they are the message, taken apart."""
    causes = tuple(
        f"{text(cause, 'field')}: {text(cause, 'message')}".removeprefix(": ")
        for cause in items(status, "details", "causes")
        if text(cause, "message") and text(cause, "field")
    )
    return causes or (message,)


def _clean(line: str, ref: ObjectRef, values: frozenset[str]) -> str:
    secret = ref.kind == "Secret"
    line = without_quoted_values(line, all_values=secret)
    if secret and ", got &value" in line:  # a typed patch error prints the value that has the wrong type
        line = line.split(", got &value")[0]
    return mask(line, values)
