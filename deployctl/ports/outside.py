"""The world outside: HTTP probes and time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from deployctl.model.http import NoResponse, Response


class Probe(Protocol):
    def get(self, url: str, within: float | None = None) -> Response | NoResponse:
        """GET past any proxy; never raises for what the network does. An answer that is not complete `within` so many
        seconds, the probe's own limit at most, is none."""


class Names(Protocol):
    def addresses(self, host: str) -> tuple[str, ...] | None:
        """What DNS says of a host, sorted; empty: there is no such host; None: it could not be asked. Never raises."""


class Clock(Protocol):
    """All waiting goes through it."""

    def now(self) -> datetime:
        """UTC."""

    def monotonic(self) -> float:
        """Seconds."""

    def sleep(self, seconds: float) -> None: ...
