"""Signed tokens in the JWT form that Azure's clients decode. HMAC with a key that only this sandbox knows."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Signer:
    """Issues and checks tokens."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token with these claims; `exp` (seconds since 1970) is what `claims_of` looks at."""
        header = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
        body = f"{header}.{_encode(json.dumps(dict(claims)).encode())}"
        return f"{body}.{_encode(self._mac(body))}"

    def claims_of(self, token: str, now: float) -> dict[str, Any] | None:
        """The claims, or None when it was not signed here or has expired."""
        try:
            body, _, signature = token.rpartition(".")
            if not hmac.compare_digest(self._mac(body), _decode(signature)):
                return None
            claims = json.loads(_decode(body.split(".")[1]))
        except (ValueError, IndexError):
            return None
        return claims if isinstance(claims, dict) and float(claims.get("exp", 0)) > now else None

    def _mac(self, body: str) -> bytes:
        return hmac.new(self.key, body.encode(), hashlib.sha256).digest()
