"""Service account tokens: signed by this cluster, read back as users for as long as the account exists."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from deployctl.sandbox.api.writer import User

ISSUER = "https://kubernetes.default.svc.cluster.local"
Exists = Callable[[str, str, str], bool]
"""Whether a service account of that namespace, name and uid is there."""


class TokenSigner:
    """Tokens in JWT's form, with a key of the cluster's own (HMAC: nobody else needs to check them)."""

    def __init__(self, key: bytes | None = None) -> None:
        self.key = key or secrets.token_bytes(32)

    def sign(self, namespace: str, account: str, uid: str, *, audiences: list[str], issued: datetime,
             expires: datetime | None, bound: Mapping[str, Any] | None = None) -> str:  # fmt: skip
        """A token of a service account; `expires` None for one that lasts (in a Secret)."""
        claims: dict[str, Any] = {
            "aud": audiences or [ISSUER],
            "iat": int(issued.timestamp()),
            "iss": ISSUER,
            "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": account, "uid": uid}, **(bound or {})},
            "nbf": int(issued.timestamp()),
            "sub": f"system:serviceaccount:{namespace}:{account}",
        }
        if expires:
            claims["exp"] = int(expires.timestamp())
        signed = ".".join((_part({"alg": "HS256", "typ": "JWT"}), _part(claims)))
        return f"{signed}.{_encoded(self._mac(signed))}"

    def user(self, token: str, now: datetime, exists: Exists) -> User | None:
        """Whose token it is; None when it is not ours, has expired, or the account is gone."""
        claims = self._claims(token)
        if claims is None or claims.get("exp", float("inf")) <= now.timestamp():
            return None
        own = claims["kubernetes.io"]
        namespace, account = own["namespace"], own["serviceaccount"]
        if not exists(namespace, account["name"], account["uid"]):
            return None
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
        return User(claims["sub"], groups, account["uid"])

    def _claims(self, token: str) -> dict[str, Any] | None:
        signed, _, signature = token.rpartition(".")
        try:
            if not signed or not hmac.compare_digest(self._mac(signed), _decoded(signature)):
                return None
            claims: dict[str, Any] = json.loads(_decoded(signed.partition(".")[2]))
        except ValueError:
            return None
        return claims

    def _mac(self, signed: str) -> bytes:
        return hmac.new(self.key, signed.encode(), hashlib.sha256).digest()


def _part(value: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
