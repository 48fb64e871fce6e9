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
PATIENCE = 30.0
"""Seconds after which there will be no such calm."""


class Watched:
    """Watches from now on."""

    def __init__(self, target: Target, namespace: str, resource: str) -> None:
        group, _, plural = resource.rpartition("/")
        self.target = target
        self.path = path = f"/{group}/namespaces/{namespace}/{plural}"
        start = target.call("GET", path).body
        self.before = {item["metadata"]["resourceVersion"] for item in start["items"]}
        self.connection, headers = target.connection(timeout=300)
        query = f"?watch=true&timeoutSeconds=240&resourceVersion={start['metadata']['resourceVersion']}"
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
        """Told when nothing has happened for a while and everything that a list shows has been seen.

        Raises RuntimeError when the watch has ended in an error, or stays behind the list.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() - self.last < CALM or not self._has_caught_up():
            if self.error or time.monotonic() > deadline:
                raise RuntimeError(f"the watch ended or is behind: {self.error}")
            time.sleep(0.1)
        return tell(list(self.states))

    def _has_caught_up(self) -> bool:
        """A watch on a busy machine may be seconds late."""
        seen = self.before | {state["metadata"]["resourceVersion"] for state in self.states}
        listed = self.target.call("GET", self.path).body["items"]
        return all(item["metadata"]["resourceVersion"] in seen for item in listed)

    def stop(self) -> None:
        sock = self.connection.sock
        if sock is not None:
            sock.close()
