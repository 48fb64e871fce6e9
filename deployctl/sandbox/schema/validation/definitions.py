"""CustomResourceDefinitions, as far as a wrong one would not become a served kind."""

from __future__ import annotations

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation import names
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    each_invalid,
    immutable,
    invalid,
    required,
    unsupported,
)

SPEC = At("spec")


def definition(obj: Object) -> Causes:
    spec, name = obj.get("spec") or {}, (obj.get("metadata") or {}).get("name", "")
    group, plural = spec.get("group", ""), (spec.get("names") or {}).get("plural", "")
    if name != f"{plural}.{group}":
        yield invalid(At("metadata.name"), name, 'must be spec.names.plural+"."+spec.group')
    yield from _group(SPEC / "group", group)
    if spec.get("scope") not in ("Cluster", "Namespaced"):
        yield from _scope(SPEC / "scope", spec.get("scope", ""))
    yield from _versions(spec.get("versions") or [])
    yield from _names(SPEC / "names", spec.get("names") or {})


def definition_updated(old: Object, new: Object) -> Causes:
    """What a served definition is called and where its objects live stays."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    for field in ("scope", "group"):
        yield from immutable(SPEC / field, after.get(field), before.get(field))
    was, now = before.get("names") or {}, after.get("names") or {}
    for field in ("kind", "plural"):
        yield from immutable(SPEC / "names" / field, now.get(field), was.get(field))


def _group(at: At, group: str) -> Causes:
    if not group:
        yield required(at)
        return
    yield from each_invalid(at, group, names.dns_subdomain(group))
    if "." not in group:
        yield invalid(at, group, "should be a domain with at least one dot")


def _scope(at: At, scope: str) -> Causes:
    yield unsupported(at, scope, ("Cluster", "Namespaced")) if scope else required(at)


def _versions(versions: list[Struct]) -> Causes:
    at = SPEC / "versions"
    seen: list[str] = []
    for index, version in enumerate(versions):
        name = version.get("name", "")
        yield from each_invalid(at[index] / "name", name, names.dns_1035_label(name))
        if name in seen:
            yield invalid(at, name, "must contain unique version names")
        seen.append(name)
        if not (version.get("schema") or {}).get("openAPIV3Schema"):
            yield required(at[index] / "schema" / "openAPIV3Schema")
    stored = [v for v in versions if v.get("storage")]
    if len(stored) != 1:
        yield invalid(at, versions, "must have exactly one version marked as storage version")
    if not stored:
        yield invalid(At("status.storedVersions"), None, "must have at least one stored version")


def _names(at: At, given: Struct) -> Causes:
    rules = (("plural", names.dns_1035_label), ("singular", names.dns_1035_label))
    for field, rule in rules:
        value = given.get(field, "")
        if value:
            yield from each_invalid(at / field, value, rule(value))
        elif field == "plural":
            yield required(at / field)
    for field in ("kind", "listKind"):
        value = given.get(field, "")
        if value:
            yield from each_invalid(at / field, value, names.dns_1035_label(value.lower()))
        else:
            yield required(at / field)
    if given.get("kind") and given.get("kind") == given.get("listKind"):
        yield invalid(at / "listKind", given["listKind"], "kind and listKind may not be the same")
