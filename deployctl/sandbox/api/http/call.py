"""A request as the handlers see it, and what they answer. Nothing of aiohttp in here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from deployctl.sandbox.api.http.accept import Rendering
from deployctl.sandbox.api.http.path import RequestInfo
from deployctl.sandbox.api.writer import User
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import encode

_TRUE = {"true", "1"}


@dataclass(frozen=True)
class Call:
    """One request: who asks for what, in which form."""

    info: RequestInfo
    user: User
    rendering: Rendering
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    stale_revision: int | None = None
    """Of faults: reads show the store as it was then."""
    watch_expired: bool = False
    watch_seconds: float | None = None

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def user_agent(self) -> str:
        return self.headers.get("User-Agent", "")

    def flag(self, name: str) -> bool:
        return self.query.get(name, "") in _TRUE


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, obj: Object, status: int = 200, warnings: tuple[str, ...] = ()) -> Reply:
        return cls(status, encode(obj), warnings=warnings)

    @classmethod
    def text(cls, text: str, status: int = 200) -> Reply:
        return cls(status, text.encode(), "text/plain; charset=utf-8")


@dataclass(frozen=True)
class Stream:
    """An answer that goes on: a watch, or a log that is followed."""

    chunks: AsyncIterator[bytes]
    content_type: str = "application/json"


Answered = Reply | Stream
