"""Bearer tokens: asked of the server that the registry names, kept per scope until they are about to expire.

Protocol: distribution's "Token Authentication" (GET with Basic) and "OAuth2 Token Authentication" (POST with a refresh
token), which ACR, Docker Hub, GHCR, GitLab and Harbor speak.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from deployctl.adapters.proxy import is_local
from deployctl.adapters.registry.answers import answer_of, json_object
from deployctl.adapters.registry.challenge import Challenge
from deployctl.adapters.registry.credential import Credential, Login, RefreshToken
from deployctl.adapters.registry.failures import BadAnswer, Denied
from deployctl.adapters.transport import Reply, Request, Transport
from deployctl.model.json import number, text
from deployctl.ports import Clock

CLIENT_ID = "deployctl"
MARGIN = 10.0
"""Seconds before its end at which a token is not used any more."""


@dataclass(frozen=True)
class Token:
    value: str = field(repr=False)
    expires: float
    """On the monotonic clock."""


class TokenServer:
    """Gets tokens with one credential. Raises Denied, BadAnswer, NoAnswer."""

    def __init__(self, transport: Transport, credential: Credential, clock: Clock, *, registry: str) -> None:
        self._transport = transport
        self._credential = credential
        self._registry = registry
        self._clock = clock
        self._tokens: dict[str, Token] = {}

    def kept(self, scope: str) -> str:
        """A token that is still good for this scope, or an empty text."""
        token = self._tokens.get(scope)
        return token.value if token and token.expires > self._clock.monotonic() + MARGIN else ""

    def forget(self, scope: str) -> None:
        self._tokens.pop(scope, None)

    def fetch(self, challenge: Challenge, scope: str) -> str:
        """A new token for the scope, as the challenge says where."""
        realm = self._realm(challenge)
        reply = self._transport.send(self._request(realm, challenge.get("service"), scope))
        if reply.status != 200:
            raise self._refusal(realm, reply)
        token = self._parse(reply, realm)
        self._tokens[scope] = token
        return token.value

    def accepts_credential(self, challenge: Challenge) -> bool:
        """Whether the same credential gets a token that opens nothing: then it is the repository, not the password.

        Raises BadAnswer, NoAnswer."""
        realm = self._realm(challenge)
        return self._transport.send(self._request(realm, challenge.get("service"), "")).status == 200

    def _realm(self, challenge: Challenge) -> str:
        realm = challenge.get("realm")
        parts = urlsplit(realm)
        plain = parts.scheme == "http" and is_local(parts.netloc) and is_local(self._registry)
        if parts.scheme != "https" and not plain:
            raise BadAnswer(f"it sends credentials to {realm!r}, which is not https")
        return realm

    def _request(self, realm: str, service: str, scope: str) -> Request:
        query = [("service", service)] if service else []
        query += [("scope", one) for one in scope.split(" ") if one]
        if isinstance(self._credential, RefreshToken):
            secret = [("grant_type", "refresh_token"), ("refresh_token", self._credential.token)]
            form = urlencode([*secret, ("client_id", CLIENT_ID), ("service", service), ("scope", scope)])
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return Request("POST", realm, headers, form.encode())
        headers = {}
        if isinstance(self._credential, Login):
            headers["Authorization"] = self._credential.basic()
            query.append(("account", self._credential.username))
        joint = "&" if urlsplit(realm).query else "?"
        return Request("GET", realm + joint + urlencode(query), headers)

    def _parse(self, reply: Reply, realm: str) -> Token:
        body = json_object(reply.body, urlsplit(realm).netloc)
        value = text(body, "token") or text(body, "access_token")
        if not value:
            raise BadAnswer(f"the token server {urlsplit(realm).netloc} answered without a token")
        lifetime = number(body, "expires_in") or 60
        return Token(value, self._clock.monotonic() + lifetime)

    def _refusal(self, realm: str, reply: Reply) -> Exception:
        host = urlsplit(realm).netloc
        answer = answer_of(reply, by="" if host == self._registry else host)
        if reply.status in (400, 401, 403):
            return Denied(answer)
        return BadAnswer(f"its token server answered {answer}", answer)
