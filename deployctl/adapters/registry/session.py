"""Authenticated requests to one registry with one credential: the challenge is answered, the answer kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from deployctl.adapters.proxy import is_local
from deployctl.adapters.registry.answers import answer_of
from deployctl.adapters.registry.challenge import Challenge, choose, parse_challenges
from deployctl.adapters.registry.credential import Anonymous, Credential, Login
from deployctl.adapters.registry.failures import BadAnswer, Denied
from deployctl.adapters.registry.hosts import api_host
from deployctl.adapters.registry.tokens import TokenServer
from deployctl.adapters.transport import NoAnswer, Reply, Request, Transport


class Session:
    """Sends requests below /v2/. Nothing secret is sent before the registry has asked for it.

    Raises Denied on 401 and 403, NoAnswer, BadAnswer; any other status is the caller's.
    """

    def __init__(
        self, host: str, credential: Credential, transport: Transport, tokens: TokenServer, *, tls: bool | None = None
    ) -> None:
        """`tls`: None finds out, for this machine itself; every other host is spoken to by https alone."""
        self._host = api_host(host)
        self._credential = credential
        self._transport = transport
        self._tokens = tokens
        self._tls = tls if is_local(self._host) else True
        self._basic = ""

    def send(
        self,
        method: str,
        path: str,
        scope: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        max_size: int = 8 * 1024 * 1024,
    ) -> Reply:
        """One request; `path` follows /v2/ unless it begins with /, `scope` is what a token must open, such as
        `repository:a/b:pull`."""
        request = Request(
            method, f"{self._base()}{path if path.startswith('/') else f'/v2/{path}'}", headers or {}, body, max_size
        )
        sent = self._kept_authorization(scope)
        reply = self._transport.send(authorized(request, sent))
        if reply.status == 401:
            challenge = choose(parse_challenges(reply.header("www-authenticate")))
            authorization = self._answer(challenge, scope, reply)
            if authorization and authorization != sent:
                reply = self._transport.send(authorized(request, authorization))
            if reply.status == 401:
                raise self._denied(reply, challenge)
        if reply.status == 403:
            raise Denied(answer_of(reply))
        return reply

    def _kept_authorization(self, scope: str) -> str:
        token = self._tokens.kept(scope)
        return f"Bearer {token}" if token else self._basic

    def _answer(self, challenge: Challenge | None, scope: str, reply: Reply) -> str:
        if challenge is None:
            raise Denied(answer_of(reply), "it names no way to authenticate that deployctl knows (Basic, Bearer)")
        if challenge.scheme == "basic":
            self._basic = self._credential.basic() if isinstance(self._credential, Login) else ""
            return self._basic
        self._tokens.forget(scope)
        try:
            return f"Bearer {self._tokens.fetch(challenge, scope)}"
        except Denied as refused:
            raise Denied(refused.answer, self._note(challenge)) from refused

    def _denied(self, reply: Reply, challenge: Challenge | None) -> Denied:
        note = self._note(challenge) if challenge and challenge.scheme == "bearer" else ""
        return Denied(answer_of(reply), note)

    def _note(self, challenge: Challenge) -> str:
        if isinstance(self._credential, Anonymous):
            return ""
        try:
            accepted = self._tokens.accepts_credential(challenge)
        except (NoAnswer, BadAnswer):
            return ""
        if not accepted:
            return ""
        return "the credential itself is accepted: it may not open this repository, or the repository does not exist"

    def _base(self) -> str:
        if self._tls is None:
            self._tls = self._speaks_tls()
        return f"{'https' if self._tls else 'http'}://{self._host}"

    def _speaks_tls(self) -> bool:
        """Only asked of this machine, with nothing secret sent: a registry beside us may speak either."""
        try:
            self._transport.send(Request("GET", f"https://{self._host}/v2/"))
        except NoAnswer as failure:
            if failure.plain:
                return False
            raise
        return True


def authorized(request: Request, authorization: str) -> Request:
    """The request with an Authorization header, when there is one."""
    if not authorization:
        return request
    return replace(request, headers={**request.headers, "Authorization": authorization})
