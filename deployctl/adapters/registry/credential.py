"""A credential for a registry. Its values never leave this package: what is shown is only where it comes from."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Login:
    """A user and a password, or a token used as one."""

    username: str
    password: str = field(repr=False)

    def basic(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode("ascii")


@dataclass(frozen=True)
class RefreshToken:
    """An OAuth refresh token, which docker calls `identitytoken`."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class Anonymous:
    """No credential: public repositories only."""


Credential = Login | RefreshToken | Anonymous


@dataclass(frozen=True)
class Found:
    """A source that has a credential for the registry."""

    source: str
    """As a person knows it: `~/.docker/config.json`, `Secret/acr-secret`."""
    credential: Credential


@dataclass(frozen=True)
class Lacking:
    """A source that has none, and why."""

    source: str
    why: str
