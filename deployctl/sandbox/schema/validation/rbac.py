"""Roles and bindings."""

from __future__ import annotations

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation import names
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    each_invalid,
    forbidden,
    invalid,
    required,
    unsupported,
)

_GROUP = "rbac.authorization.k8s.io"


def role(obj: Object) -> Causes:
    for index, rule in enumerate(obj.get("rules") or []):
        yield from _rule(At("rules")[index], rule, namespaced=True)


def cluster_role(obj: Object) -> Causes:
    for index, rule in enumerate(obj.get("rules") or []):
        yield from _rule(At("rules")[index], rule, namespaced=False)


def _rule(at: At, rule: Struct, *, namespaced: bool) -> Causes:
    urls = rule.get("nonResourceURLs") or []
    if not rule.get("verbs"):
        yield required(at / "verbs")
    if urls:
        if namespaced:
            yield invalid(at / "nonResourceURLs", urls, "namespaced rules cannot apply to non-resource URLs")
        if any(rule.get(f) for f in ("apiGroups", "resources", "resourceNames")):
            detail = "rules cannot apply to both regular resources and non-resource URLs"
            yield invalid(at / "nonResourceURLs", urls, detail)
        return
    if not rule.get("apiGroups"):
        yield required(at / "apiGroups", "resource rules must supply at least one api group")
    if not rule.get("resources"):
        yield required(at / "resources", "resource rules must supply at least one resource")


def role_binding(obj: Object) -> Causes:
    yield from _binding(obj, ("Role", "ClusterRole"), everywhere=False)


def cluster_role_binding(obj: Object) -> Causes:
    yield from _binding(obj, ("ClusterRole",), everywhere=True)


def _binding(obj: Object, kinds: tuple[str, ...], *, everywhere: bool) -> Causes:
    reference, at = obj.get("roleRef") or {}, At("roleRef")
    if reference.get("apiGroup") != _GROUP:
        yield unsupported(at / "apiGroup", reference.get("apiGroup", ""), (_GROUP,))
    if reference.get("kind") not in kinds:
        yield unsupported(at / "kind", reference.get("kind", ""), kinds)
    name = reference.get("name", "")
    if name:
        yield from each_invalid(at / "name", name, names.path_segment(name))
    else:
        yield required(at / "name")
    for index, subject in enumerate(obj.get("subjects") or []):
        yield from _subject(At("subjects")[index], subject, everywhere=everywhere)


def _subject(at: At, subject: Struct, *, everywhere: bool) -> Causes:
    kind, group = subject.get("kind", ""), subject.get("apiGroup", "")
    if not subject.get("name"):
        yield required(at / "name")
    if kind == "ServiceAccount":
        if subject.get("name"):
            yield from each_invalid(at / "name", subject["name"], names.dns_subdomain(subject["name"]))
        if group:
            yield unsupported(at / "apiGroup", group, ("",))
        if everywhere and not subject.get("namespace"):
            yield required(at / "namespace")
    elif kind in ("User", "Group"):
        if group != _GROUP:
            yield unsupported(at / "apiGroup", group, (_GROUP,))
        if subject.get("namespace"):
            yield forbidden(at / "namespace", "")
    else:
        yield unsupported(at / "kind", kind, ("ServiceAccount", "User", "Group"))


def binding_updated(old: Object, new: Object) -> Causes:
    if old.get("roleRef") != new.get("roleRef"):
        # The message shows the server's own structure.
        shown = {f"{key[0].upper()}{key[1:]}".replace("Api", "API"): v for key, v in (new.get("roleRef") or {}).items()}
        yield invalid(At("roleRef"), shown, "field is immutable")
