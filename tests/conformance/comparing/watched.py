"""Every state that some objects went through, kept by a watch on a thread of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from conformance.comparing.target import Target

CALM = 1.0
"""Seconds without an event after which a story is told."""


class Watched:
    """Watches from now on."""

    def __init__(self, target: Target, namespace: str, resource: str) -> None:
        group, _, plural = resource.rpartition("/")
        path = f"/{group}/namespaces/{namespace}/{plural}"
        seen = target.call("GET", path).body["metadata"]["resourceVersion"]
        self.connection, headers = target.connection(timeout=300)
        query = f"?watch=true&timeoutSeconds=240&resourceVersion={seen}"
        self.connection.request("GET", path + query, headers={**headers, "Accept": "application/json"})
        self.response = self.connection.getresponse()
        self.states: list[dict[str, Any]] = []
        self.error = ""
        self.last = time.monotonic()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        try:
            while line := self.response.readline():
                event = json.loads(line)
                if event["type"] == "ERROR":
                    self.error = str(event["object"].get("message"))
                    return
                self.states.append({**event["object"], "event": event["type"]})
                self.last = time.monotonic()
        except (OSError, ValueError, AttributeError):
            return

    def story(self, tell: Callable[[list[dict[str, Any]]], Any]) -> Any:
        """Told when nothing has happened for a while. Raises RuntimeError when the watch has ended in an error."""
        deadline = time.monotonic() + 10
        while time.monotonic() - self.last < CALM and time.monotonic() < deadline:
            time.sleep(0.05)
        if self.error:
            raise RuntimeError(f"the watch ended: {self.error}")
        return tell(list(self.states))

    def stop(self) -> None:
        sock = self.connection.sock
        if sock is not None:
            sock.close()
