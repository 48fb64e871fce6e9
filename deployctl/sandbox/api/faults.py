"""What goes wrong on purpose at the API server, asked of the board of faults at every request."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol

from deployctl.sandbox.api.errors import MODIFIED, ApiError, Resource, Subject, conflict
from deployctl.sandbox.api.http.path import RequestInfo
from deployctl.sandbox.api.writer import User

_WRITES = {"create", "update", "patch", "delete", "deletecollection"}
_READS = {"get", "list"}
_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Expired",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}
_MESSAGES = {
    409: MODIFIED,
    429: "Too many requests, please try again later.",
    500: "Internal error occurred: the sandbox was asked to fail",
    503: "the server is currently unable to handle the request",
    504: "Timeout: request did not complete within the allotted timeout",
}


class Board(Protocol):
    """`contracts.Faults`, and counting down those that happen a number of times."""

    def active(self, kind: str) -> tuple[Mapping[str, Any], ...]: ...

    def spend(self, id: str) -> None: ...


class Dropped(Exception):
    """The connection is to be closed without an answer (or, `after_bytes`, in the middle of one)."""

    def __init__(self, after_bytes: int = 0) -> None:
        super().__init__("dropped on purpose")
        self.after_bytes = after_bytes


@dataclass(frozen=True)
class Asked:
    """What faults are matched against."""

    method: str
    info: RequestInfo
    user: User

    def facts(self) -> dict[str, str]:
        info = self.info
        return {
            "method": self.method, "path": info.path, "verb": info.verb, "resource": info.spelling,
            "namespace": info.namespace, "name": info.name, "subresource": info.subresource, "user": self.user.name,
        }  # fmt: skip


class ApiFaults:
    """Looks up, in this order: late, dropped, refused, in conflict."""

    def __init__(self, board: Board | None = None) -> None:
        self._board = board
        self._revisions: deque[tuple[float, int]] = deque(maxlen=100_000)

    async def before(self, asked: Asked) -> None:
        """Wait, and raise what is to go wrong: ApiError or Dropped. Seconds are wall time, as clients feel them."""
        if self._board is None:
            return
        late = self._take("api-latency", asked)
        if late:
            await asyncio.sleep(float(late["seconds"]))
        dropped = self._take("api-drop", asked, late=False)
        if dropped and not dropped.get("after_bytes"):
            raise Dropped
        refused = self._take("api-error", asked)
        if refused:
            raise _error(refused, asked)
        if asked.info.verb in _WRITES and asked.info.name and self._take("api-conflict", asked):
            raise conflict(Resource(asked.info.group, asked.info.resource), asked.info.name)

    def cut(self, asked: Asked) -> int | None:
        """After how many bytes of the answer the connection is to be closed."""
        dropped = self._take("api-drop", asked, late=True)
        return int(dropped["after_bytes"]) if dropped else None

    def lost(self, asked: Asked) -> bool:
        """Whether the answer is lost although the request was carried out."""
        return self._take("api-lost-answer", asked) is not None

    def stale(self, asked: Asked, now: float) -> int | None:
        """The revision to read at, when reads are to show the world as it was."""
        if asked.info.verb not in _READS:
            return None
        old = self._take("api-stale-read", asked)
        if not old:
            return None
        moment = now - float(old.get("seconds", 5))
        past = [revision for at, revision in self._revisions if at <= moment]
        return past[-1] if past else (self._revisions[0][1] if self._revisions else None)

    def note(self, now: float, revision: int) -> None:
        """Remember which revision was when, in the sandbox's seconds."""
        if not self._revisions or self._revisions[-1][1] != revision:
            self._revisions.append((now, revision))

    def watch_expired(self, asked: Asked) -> bool:
        return asked.info.verb == "watch" and self._take("watch-expired", asked) is not None

    def watch_seconds(self, asked: Asked) -> float | None:
        """After how many seconds a watch ends early."""
        dropped = self._take("watch-drop", asked) if asked.info.verb == "watch" else None
        return float(dropped.get("seconds", 0)) if dropped else None

    def _take(self, kind: str, asked: Asked, *, late: bool | None = None) -> Mapping[str, Any] | None:
        if self._board is None:
            return None
        facts = asked.facts()
        for fault in self._board.active(kind):
            if late is not None and bool(fault.get("after_bytes")) != late:
                continue
            if _fits(fault, facts) and random.random() < float(fault.get("probability", 1)):  # noqa: S311 - no secret
                if "id" in fault:
                    self._board.spend(str(fault["id"]))
                return fault
        return None


def _fits(fault: Mapping[str, Any], facts: Mapping[str, str]) -> bool:
    return all(fnmatchcase(value, str(fault[name])) for name, value in facts.items() if name in fault)


def _error(fault: Mapping[str, Any], asked: Asked) -> ApiError:
    status = int(fault["status"])
    info = asked.info
    message = fault.get("message") or _MESSAGES.get(status, "the sandbox was asked to fail")
    reason = fault.get("reason") or _REASONS.get(status, "InternalError" if status >= 500 else "BadRequest")
    subject = Subject(info.group, info.resource, info.name) if info.resource else None
    retry = int(fault.get("retry_after", 1 if status == 429 else 0))
    return ApiError(status, str(reason), str(message), subject=subject, retry_after=retry)
