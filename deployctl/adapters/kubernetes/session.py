"""An authenticated connection pool to one API server, made from one context of a kubeconfig."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from deployctl.adapters.kubernetes.exec_plugin import ExecCredential, run_plugin
from deployctl.adapters.kubernetes.kubeconfig import Context
from deployctl.adapters.kubernetes.pool import ClientCertificate, client_certificate, open_pool
from deployctl.model.errors import UsageError
from deployctl.model.json import mapping, text

if TYPE_CHECKING:
    import urllib3

EARLY = timedelta(seconds=20)
"""How long before its end a credential counts as expired."""

Authorization = Callable[[], str]
"""The Authorization header; empty with a client certificate. May refresh an OIDC token."""


@dataclass(frozen=True, repr=False)
class Session:
    """Where to send requests and how to authenticate them. No credential is in its repr."""

    server: str
    pool: urllib3.PoolManager
    authorization: Authorization = field(compare=False)
    certificate: ClientCertificate | None
    expires: datetime | None

    def __repr__(self) -> str:
        return f"Session({self.server!r})"

    def expired(self, now: datetime) -> bool:
        return self.expires is not None and now >= self.expires - EARLY

    def close(self) -> None:
        self.pool.clear()


def open_session(context: Context, environ: Mapping[str, str]) -> Session:
    """Authenticate. Raises Unavailable when no credential comes of it, UsageError for a kubeconfig that cannot work."""
    credential = _exec_credential(context, environ)
    try:
        certificate = client_certificate(context, credential)
        authorization = _authorization(context, credential)
        pool = open_pool(context, certificate, environ)
    except (OSError, ValueError, ImportError) as error:
        raise UsageError(
            "the kubeconfig's credentials cannot be used",
            where=f"context {context.name}",
            evidence=(str(error),),
            action="write the kubeconfig anew, as your provider's documentation says",
        ) from error
    return Session(context.server, pool, authorization, certificate, credential.expires if credential else None)


def _exec_credential(context: Context, environ: Mapping[str, str]) -> ExecCredential | None:
    """A token in the kubeconfig goes before the plugin, as for kubectl."""
    spec = mapping(context.user, "exec")
    if not spec or text(context.user, "token") or text(context.user, "tokenFile"):
        return None
    return run_plugin(spec, context.user_folder, context.cluster, environ)


def _authorization(context: Context, credential: ExecCredential | None) -> Authorization:
    """Of the ways that an entry names, the first: provider, token, plugin, password. Raises Unavailable, OSError,
    ValueError."""
    token = _token(context) or (credential.token if credential else "")
    if text(context.user, "auth-provider", "name"):
        # The kubernetes package costs 0.25 s, and only this needs it.
        from deployctl.adapters.kubernetes.auth_provider import provided  # noqa: PLC0415

        return provided(context, token)
    header = f"Bearer {token}" if token else _basic(context)
    return lambda: header


def _token(context: Context) -> str:
    if (token := text(context.user, "token")) or not (path := text(context.user, "tokenFile")):
        return token
    return (context.user_folder / path).read_text(encoding="utf-8").strip()


def _basic(context: Context) -> str:
    user = context.user
    if "username" not in user or "password" not in user:
        return ""
    return "Basic " + base64.b64encode(f"{text(user, 'username')}:{text(user, 'password')}".encode()).decode()
