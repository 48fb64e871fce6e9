"""Talking to a sandbox' control endpoint."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from deployctl.sandbox.process.info import SandboxInfo

TIMEOUT = 5.0


class ControlError(Exception):
    """The endpoint refused, in its words."""


class NotRunning(ControlError):
    """Nothing answers there."""


@dataclass(frozen=True)
class ControlClient:
    """Changes faults and reads the log of a running sandbox. Every method raises ControlError."""

    info: SandboxInfo

    def faults(self) -> list[dict[str, Any]]:
        """Those that are active."""
        return list(self._call("GET", "/sandbox/faults")["faults"])

    def add_fault(self, kind: str, **parameters: Any) -> str:
        """The new fault's id."""
        return str(self._call("POST", "/sandbox/faults", {"kind": kind, **parameters})["id"])

    def remove_fault(self, id: str) -> None:
        """By id, or all of a kind."""
        self._call("DELETE", f"/sandbox/faults/{quote(id, safe='')}")

    def clear_faults(self) -> None:
        """Everything works again."""
        self._call("DELETE", "/sandbox/faults")

    def requests(self, since: int = 0, **fields: str | int) -> list[dict[str, Any]]:
        """The request log after the first `since`, of those with exactly these fields."""
        return list(self._call("GET", f"/sandbox/requests?{urlencode({'since': since, **fields})}")["requests"])

    def request_count(self) -> int:
        """A mark for `since`."""
        return int(self._call("GET", "/sandbox/requests?method=NONE")["count"])

    def describe(self) -> dict[str, Any]:
        """What the sandbox says of itself."""
        return self._call("GET", "/sandbox/info")

    def clock(self) -> dict[str, Any]:
        """The sandbox's time: `now` and `monotonic`."""
        return self._call("GET", "/sandbox/clock")

    def stop(self) -> None:
        """Ask it to end."""
        self._call("POST", "/sandbox/stop")

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        address = urlsplit(self.info.control_url)
        connection = http.client.HTTPSConnection(
            address.hostname or "localhost",
            address.port,
            timeout=TIMEOUT,
            context=ssl.create_default_context(cafile=str(self.info.ca_file)),
        )
        headers = {"Authorization": f"Bearer {self.info.control_token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            text = response.read()
        except OSError as error:
            raise NotRunning(f"no sandbox answers at {self.info.control_url}: {error}") from error
        finally:
            connection.close()
        answer: dict[str, Any] = json.loads(text) if text else {}
        if response.status >= 400:
            raise ControlError(str(answer.get("error", f"status {response.status}")))
        return answer
