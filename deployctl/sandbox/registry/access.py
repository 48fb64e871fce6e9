"""Who may do what in a registry: accounts, their grants, and the scopes of a token."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

EVERYTHING = frozenset({"pull", "push", "delete", "metadata_read", "metadata_write", "*"})
READ = frozenset({"pull", "metadata_read"})
ROLES = {
    "admin": EVERYTHING,
    "pull": READ,
    "push": READ | {"push", "metadata_write"},
    "delete": READ | {"delete"},
}


@dataclass(frozen=True)
class Scope:
    """One `type:name:actions` of the token protocol."""

    type: str
    name: str
    actions: frozenset[str]

    def __str__(self) -> str:
        return f"{self.type}:{self.name}:{','.join(sorted(self.actions))}"


def parse_scope(text: str) -> Scope | None:
    """`repository:a/b:pull,push`; None for what is none."""
    kind, _, rest = text.partition(":")
    name, _, actions = rest.rpartition(":")
    return Scope(kind, name, frozenset(actions.split(","))) if kind and name and actions else None


@dataclass(frozen=True)
class Account:
    """A user of the registry: the admin user, or a token with a scope map.

    `repositories` are shell patterns; `roles` are of ROLES. `expires` is the end of the password's life.
    """

    username: str
    password: str = field(repr=False)
    roles: tuple[str, ...] = ("admin",)
    repositories: tuple[str, ...] = ("*",)
    expires: datetime | None = None

    def accepts(self, password: str, now: datetime) -> bool:
        """Whether that is the password, and it has not expired."""
        same = hmac.compare_digest(self.password.encode(), password.encode())
        return same and (self.expires is None or now < self.expires)

    def granted(self, scopes: Iterable[Scope]) -> tuple[Scope, ...]:
        """As much of the scopes as this account may have."""
        actions = frozenset[str]().union(*(ROLES[role] for role in self.roles))
        found = (Scope(s.type, s.name, self._allowed(s, actions)) for s in scopes)
        return tuple(scope for scope in found if scope.actions)

    def _allowed(self, scope: Scope, actions: frozenset[str]) -> frozenset[str]:
        if scope.type == "registry":
            return scope.actions if "admin" in self.roles or "*" in self.repositories else frozenset()
        if not any(fnmatchcase(scope.name, pattern) for pattern in self.repositories):
            return frozenset()
        return actions if "*" in scope.actions else scope.actions & actions


ANONYMOUS = Account("", "", ("pull",))


def basic(header: str | None) -> tuple[str, str] | None:
    """User and password of an Authorization header, None when it is no Basic one."""
    kind, _, value = (header or "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value).decode().partition(":")
    except ValueError:
        return None
    return user, password


def bearer(header: str | None) -> str | None:
    """The token of an Authorization header, None when it is no Bearer one."""
    kind, _, value = (header or "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else None
