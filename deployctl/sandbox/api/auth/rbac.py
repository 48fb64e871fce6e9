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
    """`why` is what the real one appends to a refusal when a binding points at a role that is not there."""

    allowed: bool
    why: str = ""


class Rbac:
    """Answers from the store at every question; nothing is cached, so a binding counts at once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def decide(self, user: User, action: Action) -> Decision:
        if MASTERS in user.groups:
            return Decision(allowed=True)
        missing: list[str] = []
        for rules in self._applicable(user, action.namespace, missing):
            if any(allows(rule, action) for rule in rules):
                return Decision(allowed=True)
        return Decision(allowed=False, why=_missing_roles(missing))

    def rules(self, user: User, namespace: str) -> list[Rule]:
        """Every rule that applies to a user in a namespace, for SelfSubjectRulesReview."""
        masters: list[Rule] = [
            {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
            {"verbs": ["*"], "nonResourceURLs": ["*"]},
        ]
        found = masters if MASTERS in user.groups else []
        return [*found, *(rule for rules in self._applicable(user, namespace, []) for rule in rules)]

    def _applicable(self, user: User, namespace: str, missing: list[str]) -> Iterator[Sequence[Rule]]:
        for binding in self._bindings(f"clusterrolebindings.{RBAC}", None):
            if _binds(binding, user, ""):
                yield self._role(binding, "", missing)
        if not namespace:
            return
        for binding in self._bindings(f"rolebindings.{RBAC}", namespace):
            if _binds(binding, user, namespace):
                yield self._role(binding, namespace, missing)

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
    return f": RBAC: {texts[0]}" if len(texts) == 1 else f": RBAC: [{', '.join(texts)}]"


def _binds(binding: Mapping[str, Any], user: User, namespace: str) -> bool:
    return any(_is_subject(subject, user, namespace) for subject in binding.get("subjects") or ())


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
