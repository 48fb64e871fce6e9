"""What a GET of a health URL brought back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NoAnswer = Literal["dns", "refused", "timeout", "tls", "reset", "redirects", "other"]


@dataclass(frozen=True)
class Response:
    """An HTTP answer."""

    status: int
    content_type: str
    body: bytes
    url: str
    """After redirects."""


@dataclass(frozen=True)
class NoResponse:
    """Nothing usable came back."""

    kind: NoAnswer
    detail: str
