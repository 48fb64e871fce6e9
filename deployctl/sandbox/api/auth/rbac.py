"""Role-based access control: Roles, ClusterRoles and their bindings, as stored right now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployctl.sandbox.api.writer import User

if TYPE_CHECKING:
    from deployctl.sandbox.store import Store

RBAC = "rbac.authorization.k8s.io"
MASTERS = "system:masters"
Rule = Mapping[str, Any]


@dataclass(frozen=True)
class Action:
    """What somebody wants to do: to a resource, or (`path` given) to a path that is none."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def full_resource(self) -> str:
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True)
class Decision:
    """`why` names the binding that allows, or the roles that bindings point at and that are not there."""

    allowed: bool
    why: str = ""


@dataclass(frozen=True)
class Grant:
    """What one binding gives a user."""

    kind: str
    binding: Mapping[str, Any]
    subject: Mapping[str, Any]
    rules: Sequence[Rule]

    def __str__(self) -> str:
        """`RoleBinding "b/ns" of ClusterRole "view" to User "jane"`."""
        metadata, role = self.binding["metadata"], self.binding["roleRef"]
        place = f"/{metadata['namespace']}" if metadata.get("namespace") else ""
        who = self.subject["name"] + (f"/{self.subject['namespace']}" if self.subject.get("namespace") else "")
        named = f'{self.kind} "{metadata["name"]}{place}" of {role["kind"]} "{role["name"]}"'
        return f'{named} to {self.subject["kind"]} "{who}"'


class Rbac:
    """Answers from the store at every question; nothing is cached, so a binding counts at once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def decide(self, user: User, action: Action) -> Decision:
        if MASTERS in user.groups:
            return Decision(allowed=True)
        missing: list[str] = []
        for grant in self._applicable(user, action.namespace, missing):
            if any(allows(rule, action) for rule in grant.rules):
                return Decision(allowed=True, why=f"RBAC: allowed by {grant}")
        return Decision(allowed=False, why=_missing_roles(missing))

    def rules(self, user: User, namespace: str) -> list[Rule]:
        """Every rule that applies to a user in a namespace, for SelfSubjectRulesReview."""
        masters: list[Rule] = [
            {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
            {"verbs": ["*"], "nonResourceURLs": ["*"]},
        ]
        found = masters if MASTERS in user.groups else []
        return [*found, *(rule for grant in self._applicable(user, namespace, []) for rule in grant.rules)]

    def _applicable(self, user: User, namespace: str, missing: list[str]) -> Iterator[Grant]:
        for binding in self._bindings(f"clusterrolebindings.{RBAC}", None):
            subject = _subject(binding, user, "")
            if subject:
                yield Grant("ClusterRoleBinding", binding, subject, self._role(binding, "", missing))
        if not namespace:
            return
        for binding in self._bindings(f"rolebindings.{RBAC}", namespace):
            subject = _subject(binding, user, namespace)
            if subject:
                yield Grant("RoleBinding", binding, subject, self._role(binding, namespace, missing))

    def _bindings(self, resource: str, namespace: str | None) -> Iterator[Mapping[str, Any]]:
        for entry in self._store.entries(resource, namespace):
            yield entry.object

    def _role(self, binding: Mapping[str, Any], namespace: str, missing: list[str]) -> Sequence[Rule]:
        reference = binding["roleRef"]
        local = reference.get("kind") == "Role"
        plural, where = ("roles", namespace) if local else ("clusterroles", "")
        entry = self._store.get(f"{plural}.{RBAC}", where, reference["name"])
        if entry is None:
            missing.append(f'{"role" if local else "clusterrole"}.{RBAC} "{reference["name"]}" not found')
            return ()
        rules: Sequence[Rule] = entry.object.get("rules") or ()
        return rules


def _missing_roles(missing: list[str]) -> str:
    if not missing:
        return ""
    texts = list(dict.fromkeys(missing))
    return f"rbac: RBAC: {texts[0]}" if len(texts) == 1 else f"rbac: RBAC: [{', '.join(texts)}]"


def _subject(binding: Mapping[str, Any], user: User, namespace: str) -> Mapping[str, Any] | None:
    """The first of a binding's subjects that the user is."""
    return next((s for s in binding.get("subjects") or () if _is_subject(s, user, namespace)), None)


def _is_subject(subject: Mapping[str, Any], user: User, namespace: str) -> bool:
    kind, name = subject.get("kind"), subject.get("name")
    if kind == "User":
        return bool(name == user.name)
    if kind == "Group":
        return name in user.groups
    where = subject.get("namespace") or namespace
    return kind == "ServiceAccount" and user.name == f"system:serviceaccount:{where}:{name}"


def allows(rule: Rule, action: Action) -> bool:
    """Whether one PolicyRule covers an action."""
    if not _has(rule.get("verbs"), action.verb):
        return False
    if action.path:
        return any(_path_covers(pattern, action.path) for pattern in rule.get("nonResourceURLs") or ())
    names = rule.get("resourceNames")
    if names and action.name not in names:
        return False
    return _has(rule.get("apiGroups"), action.group) and _resource(rule.get("resources") or (), action)


def _has(allowed: Sequence[str] | None, wanted: str) -> bool:
    return "*" in (allowed or ()) or wanted in (allowed or ())


def _resource(allowed: Sequence[str], action: Action) -> bool:
    wanted = {"*", action.full_resource}
    if action.subresource:
        wanted.add(f"*/{action.subresource}")
    return any(resource in wanted for resource in allowed)


def _path_covers(pattern: str, path: str) -> bool:
    if pattern == "*":
        return True
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
