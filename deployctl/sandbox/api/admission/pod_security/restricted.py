"""The restricted level: today's good practice. Checks in the order of their ids, after those of baseline."""

from __future__ import annotations

from deployctl.sandbox.api.admission.pod_security import baseline
from deployctl.sandbox.api.admission.pod_security.check import (
    Check,
    Violation,
    containers,
    context,
    named,
    offenders,
    plural,
    quoted,
    setters,
    uses,
)
from deployctl.sandbox.api.tables.text import get
from deployctl.sandbox.contracts import Object

_VOLUMES = frozenset(
    [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ]
)
_NET_BIND = "NET_BIND_SERVICE"


def escalation(pod: Object) -> Violation | None:
    bad = offenders(pod, lambda c: context(c, "allowPrivilegeEscalation") is not False)
    if not bad:
        return None
    text = f"{named(bad)} must set securityContext.allowPrivilegeEscalation=false"
    return Violation("allowPrivilegeEscalation != false", text)


def capabilities(pod: Object) -> Violation | None:
    keeping = offenders(pod, lambda c: "ALL" not in (context(c, "capabilities.drop") or ()))
    adding = offenders(pod, lambda c: bool(set(context(c, "capabilities.add") or ()) - {_NET_BIND}))
    details = []
    if keeping:
        details.append(f'{named(keeping)} must set securityContext.capabilities.drop=["ALL"]')
    if adding:
        added = sorted({name for c in adding for name in context(c, "capabilities.add")} - {_NET_BIND})
        details.append(f"{named(adding)} must not include {quoted(added)} in securityContext.capabilities.add")
    return Violation("unrestricted capabilities", "; ".join(details)) if details else None


def volumes(pod: Object) -> Violation | None:
    bad = [v for v in get(pod, "spec.volumes", []) if not _VOLUMES & set(v)]
    if not bad:
        return None
    types = sorted({next((key for key in v if key != "name"), "unknown") for v in bad})
    names = [v["name"] for v in bad]
    restricted = plural("restricted volume type", types)
    return Violation(
        "restricted volume types",
        f"{plural('volume', names)} {quoted(names)} {uses(names)} {restricted} {quoted(types)}",
    )


def non_root(pod: Object) -> Violation | None:
    wrong = setters(pod, lambda c: context(c, "runAsNonRoot") is False)
    if wrong:
        return Violation(
            "runAsNonRoot != true", f"{' and '.join(wrong)} must not set securityContext.runAsNonRoot=false"
        )
    if get(pod, "spec.securityContext.runAsNonRoot"):
        return None
    bad = offenders(pod, lambda c: context(c, "runAsNonRoot") is None)
    text = f"pod or {named(bad)} must set securityContext.runAsNonRoot=true"
    return Violation("runAsNonRoot != true", text) if bad else None


def user(pod: Object) -> Violation | None:
    wrong = setters(pod, lambda c: context(c, "runAsUser") == 0)
    return Violation("runAsUser=0", f"{' and '.join(wrong)} must not set runAsUser=0") if wrong else None


def seccomp(pod: Object) -> Violation | None:
    wrong = baseline.seccomp(pod)
    if wrong or get(pod, "spec.securityContext.seccompProfile.type"):
        return wrong
    bad = [c for c in containers(pod) if context(c, "seccompProfile.type") is None]
    wanted = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return Violation("seccompProfile", f"pod or {named(bad)} {wanted}") if bad else None


_STRICTER = {baseline.capabilities, baseline.host_paths, baseline.seccomp}
"""Baseline's checks that one of these stands for."""

CHECKS: tuple[Check, ...] = (
    *(check for check in baseline.CHECKS if check not in _STRICTER),
    escalation, capabilities, volumes, non_root, user, seccomp,
)  # fmt: skip
