"""What can go wrong between us and a registry, before it becomes one Unavailable for the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import urllib3

NetworkKind = Literal["dns", "refused", "timeout", "tls", "reset", "redirects", "size", "proxy", "other"]
PASSING: frozenset[NetworkKind] = frozenset({"dns", "refused", "timeout", "reset"})


class NoAnswer(Exception):
    """Nothing usable came back. `passing`: trying again may help."""

    def __init__(self, host: str, kind: NetworkKind, detail: str) -> None:
        super().__init__(f"{host}: {detail}")
        self.host = host
        self.kind = kind
        self.detail = detail

    @property
    def passing(self) -> bool:
        return self.kind in PASSING


@dataclass(frozen=True)
class Answer:
    """What a registry or its token server said when it did not do what it was asked."""

    status: int
    code: str = ""
    """The distribution spec's error code, such as UNAUTHORIZED."""
    message: str = ""
    by: str = ""
    """Who said it, when it was not the registry itself: a token server's host."""

    def __str__(self) -> str:
        said = ": ".join(part for part in (self.code, self.message) if part)
        who = f" from {self.by}" if self.by else ""
        return f"HTTP {self.status}{who}" + (f" ({said})" if said else "")


class Denied(Exception):
    """The registry refused the credential, or has no such repository and says so by refusing."""

    def __init__(self, answer: Answer, note: str = "") -> None:
        super().__init__(str(answer))
        self.answer = answer
        self.note = note
        """What else was found out, such as that the credential itself is accepted."""


class BadAnswer(Exception):
    """The registry answered something that no registry should: broken JSON, a digest that does not fit, 5xx."""

    def __init__(self, detail: str, answer: Answer | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.answer = answer


def describe_network_error(host: str, error: BaseException) -> NoAnswer:
    """Name the kind of a urllib3 error; its text is kept short and holds no header."""
    cause = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason else error
    kinds: tuple[tuple[type[BaseException], NetworkKind, str], ...] = (
        (urllib3.exceptions.NameResolutionError, "dns", "its name cannot be resolved"),
        (urllib3.exceptions.SSLError, "tls", f"TLS: {cause}"),
        (urllib3.exceptions.TimeoutError, "timeout", "no answer in time"),
        (urllib3.exceptions.ProxyError, "proxy", f"the proxy failed: {cause}"),
        (urllib3.exceptions.NewConnectionError, "refused", "the connection was refused"),
        (urllib3.exceptions.ProtocolError, "reset", "the connection broke"),
    )
    for kind, name, detail in kinds:
        if isinstance(cause, kind):
            return NoAnswer(host, name, detail)
    return NoAnswer(host, "other", f"{type(cause).__name__}: {cause}")
