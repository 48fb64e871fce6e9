"""Why an API server did not answer us: one sentence, what was seen, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from deployctl.adapters.kubernetes.kubeconfig import Context
from deployctl.adapters.kubernetes.session import Session
from deployctl.adapters.network import NetworkKind, network_detail, network_kind
from deployctl.model.errors import Unavailable
from deployctl.model.json import Json, text

_WORDS: dict[NetworkKind, tuple[str, str]] = {
    "dns": (
        "the API server's name cannot be resolved",
        "check your network and VPN; a private cluster's name resolves only inside its network",
    ),
    "refused": (
        "the API server's address refuses connections",
        "check that the cluster runs and that this address and port are its API server",
    ),
    "timeout": (
        "the API server did not answer within {seconds:g} s",
        "check your network, VPN and the cluster's list of allowed addresses",
    ),
    "tls": (
        "the API server's certificate is not accepted",
        "check `certificate-authority` of the kubeconfig; a proxy on the way may present a certificate of its own",
    ),
    "reset": (
        "the connection to the API server broke",
        "try again; when it keeps happening, look for a proxy or firewall on the way",
    ),
    "other": ("the API server cannot be reached", "check the server's address in the kubeconfig"),
}


def no_answer(context: Context, error: BaseException, seconds: float) -> Unavailable:
    """From urllib3's exception."""
    what, action = _WORDS[network_kind(error)]
    return Unavailable(
        what.format(seconds=seconds), where=_where(context), evidence=(network_detail(error),), action=action
    )


def not_authenticated(context: Context, session: Session, status: Json) -> Unavailable:
    """From a 401. The API server does not say why; an expired client certificate is the usual reason."""
    ended = _certificate_end(session.client_certificate)
    if ended is not None and ended < datetime.now(UTC):
        what, seen = "the kubeconfig's client certificate has expired", f"it was valid until {ended:%Y-%m-%d %H:%M} UTC"
    else:
        what, seen = "the API server does not accept the kubeconfig's credentials", text(status, "message")
    return Unavailable(
        what,
        where=f"{_where(context)}, user {context.user_name or '(none)'}",
        evidence=(f"HTTP 401: {seen}" if seen else "HTTP 401",),
        action="get a new kubeconfig or log in again, then check with: kubectl auth whoami",
    )


def forbidden(context: Context, verb: str, resource: str, status: Json) -> Unavailable:
    """From a 403 of a read."""
    return Unavailable(
        f"we may not {verb} {resource}",
        where=_where(context),
        evidence=(f"HTTP 403: {text(status, 'message')}",),
        action="ask the cluster's administrator for this permission (docs/operations.md lists all that are needed)",
    )


def server_error(context: Context, method: str, path: str, status: int, body: Json) -> Unavailable:
    """From an answer that is neither success nor about the object."""
    words = f"HTTP {status}: {text(body, 'message')}".rstrip(": ")
    return Unavailable(
        "the API server asks us to slow down" if status == 429 else "the API server failed to answer a request",
        where=f"{_where(context)}, {method} {path}",
        evidence=(words,),
        action="try again; when it stays, the cluster's control plane needs attention",
    )


def _where(context: Context) -> str:
    return f"{context.server} (context {context.name})"


def _certificate_end(path: Path | None) -> datetime | None:
    from cryptography import x509  # noqa: PLC0415 - only on the way to an error

    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc if path else None
    except (OSError, ValueError):
        return None
