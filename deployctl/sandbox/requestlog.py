"""What was asked of the sandbox's servers: all of them write to one log, which tests and benchmarks query."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Request:
    """One answered (or dropped: status 0) request. `seconds` is wall time; a watch's is its whole life."""

    time: datetime
    seconds: float
    server: str
    user: str
    method: str
    path: str
    verb: str
    resource: str
    """kubectl's spelling (`deployments.apps`), or empty for a path that is none."""
    namespace: str
    name: str
    subresource: str
    status: int
    user_agent: str


class RequestLog:
    """A ring of the last `capacity` requests, optionally appended to a JSON-lines file as they end."""

    def __init__(self, capacity: int = 10_000, file: Path | None = None) -> None:
        self._ring: deque[Request] = deque(maxlen=capacity)
        self._count = 0
        self._file: TextIO | None = file.open("a", encoding="utf-8") if file else None

    def add(self, request: Request) -> None:
        self._ring.append(request)
        self._count += 1
        if self._file:
            self._file.write(json.dumps({**asdict(request), "time": request.time.isoformat()}) + "\n")
            self._file.flush()

    @property
    def count(self) -> int:
        """How many there ever were; a mark for `since`."""
        return self._count

    def since(self, mark: int = 0) -> list[Request]:
        """Those after the first `mark` requests, oldest first, as far as the ring still has them."""
        fresh = max(0, self._count - mark)
        return list(self._ring)[-fresh:] if fresh else []

    def where(self, since: int = 0, **fields: str | int) -> list[Request]:
        """Those whose fields have exactly these values: `where(verb="list", resource="pods")`."""
        return [r for r in self.since(since) if all(getattr(r, key) == value for key, value in fields.items())]

    def __iter__(self) -> Iterator[Request]:
        return iter(tuple(self._ring))

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None
