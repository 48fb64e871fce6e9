"""What somebody outside sees: a request every 50 ms, all along."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

import urllib3

INTERVAL = 0.05


@dataclass(frozen=True)
class Seen:
    """One request: when it was sent (wall time), and whether it was answered well."""

    at: float
    good: bool


@dataclass
class OutsideProbe:
    """Asks one URL until it is left; every connection is a new one, as another visitor's would be."""

    url: str
    seen: list[Seen] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="outside", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    @contextmanager
    def during(self) -> Iterator[list[Seen]]:
        """What was seen while the block ran: filled when it is left."""
        begin, kept = len(self.seen), list[Seen]()
        yield kept
        kept += self.seen[begin:]

    def well(self, seconds: float = 240.0) -> bool:
        """Whether it answers well within so many seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.seen and self.seen[-1].good:
                return True
            time.sleep(INTERVAL)
        return False

    def _run(self) -> None:
        timeout = urllib3.Timeout(connect=1.0, read=2.0)
        while not self._stop.wait(INTERVAL):
            at = time.time()
            with urllib3.PoolManager(timeout=timeout, retries=False) as pool:
                self.seen.append(Seen(at, self._ask(pool)))

    def _ask(self, pool: urllib3.PoolManager) -> bool:
        try:
            return pool.request("GET", self.url).status == 200
        except urllib3.exceptions.HTTPError:
            return False


def failed(seen: list[Seen]) -> int:
    return sum(1 for one in seen if not one.good)
