"""Bearer tokens and client certificates become users; a token that nobody knows is 401."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Any

from deployctl.sandbox.api.errors import unauthorized
from deployctl.sandbox.api.writer import User

ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))
AUTHENTICATED = "system:authenticated"
TokenReader = Callable[[str], User | None]


class Authenticator:
    """Static tokens, changeable while it runs, then `readers` in turn (service account tokens)."""

    def __init__(self, tokens: Mapping[str, User] | None = None) -> None:
        self._tokens = dict(tokens or {})
        self.readers: list[TokenReader] = []

    def add_token(self, token: str, user: User) -> None:
        self._tokens[token] = user

    def revoke(self, token: str) -> None:
        self._tokens.pop(token, None)

    def identify(self, authorization: str, peer: Mapping[str, Any] | None) -> User:
        """`peer` is the verified client certificate as `ssl` describes it. Raises ApiError 401."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            return _authenticated(self._of_token(token.strip()))
        certificate = of_certificate(peer) if peer else None
        return _authenticated(certificate) if certificate else ANONYMOUS

    def of_token(self, token: str) -> User | None:
        """The user of a token, or None: what a TokenReview asks."""
        try:
            return _authenticated(self._of_token(token))
        except Exception as error:  # noqa: BLE001 - only ApiError can come, and it means no
            del error
            return None

    def _of_token(self, token: str) -> User:
        for known, user in self._tokens.items():
            if hmac.compare_digest(known.encode(), token.encode()):
                return user
        for reader in self.readers:
            user_read = reader(token)
            if user_read:
                return user_read
        raise unauthorized()


def of_certificate(peer: Mapping[str, Any]) -> User | None:
    """Common name and organizations are user and groups."""
    pairs = [pair for rdn in peer.get("subject", ()) for pair in rdn]
    name = next((value for key, value in pairs if key == "commonName"), "")
    groups = tuple(value for key, value in pairs if key == "organizationName")
    return User(name, groups) if name else None


def _authenticated(user: User) -> User:
    if AUTHENTICATED in user.groups:
        return user
    return User(user.name, (*user.groups, AUTHENTICATED), user.uid)
