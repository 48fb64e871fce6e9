"""What urllib3 raises, named once: which kind of no answer it was, and the words for it."""

from __future__ import annotations

import socket
import ssl
from typing import Literal

import urllib3.exceptions as http

NetworkKind = Literal["dns", "refused", "timeout", "tls", "reset", "other"]
CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""A connection that was cut below TLS: nothing is wrong with the certificate, trying again may help."""


def network_kind(error: BaseException) -> NetworkKind:
    """The kind of a failed request, from the exception or what caused it."""
    kinds: tuple[tuple[NetworkKind, tuple[type[BaseException], ...]], ...] = (
        ("dns", (http.NameResolutionError, socket.gaierror)),
        ("tls", (http.SSLError, ssl.SSLError, ssl.CertificateError)),
        ("refused", (ConnectionRefusedError,)),
        ("timeout", (http.TimeoutError, TimeoutError)),
        ("reset", (http.ProtocolError, ConnectionError)),
    )
    causes = _causes(error)
    if any(isinstance(cause, CUT) for cause in causes):
        return "reset"
    for cause in causes:
        if type(cause) is http.NewConnectionError:  # a timeout by its class, but only a shell around the real reason
            continue
        for kind, types in kinds:
            if isinstance(cause, types):
                return kind
    return "other"


def network_detail(error: BaseException) -> str:
    """The innermost cause in its own words, without the object addresses that urllib3 puts before them."""
    *_, cause = _causes(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"certificate not accepted: {cause.verify_message}"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    words = str(cause) or type(cause).__name__
    return words.split(">: ", 1)[-1] if words.startswith("<") else words


def _causes(error: BaseException) -> tuple[BaseException, ...]:
    """The exception and what it came from, outermost first. urllib3 keeps the cause in `reason` or in the arguments."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        inner = [a for a in (getattr(current, "reason", None), *current.args) if isinstance(a, BaseException)]
        current = inner[0] if inner else current.__cause__ or current.__context__
    return tuple(chain)
