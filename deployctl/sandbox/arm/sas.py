"""Links that carry their own permission: a path, a purpose, an end."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode

from deployctl.sandbox.arm.errors import StorageError
from deployctl.sandbox.faults import FaultBoard

LIFE = 70 * 60


@dataclass(frozen=True)
class Links:
    """Makes and checks links. `permission` is `cw` for an upload, `r` for a log."""

    faults: FaultBoard
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def query(self, path: str, permission: str) -> str:
        """What follows the question mark."""
        purpose = "upload" if "w" in permission else "log"
        life = -60 if self.faults.take("sas-expired", purpose=purpose) is not None else LIFE
        end = datetime.fromtimestamp(time.time() + life, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        fields = {"sv": "2022-11-02", "se": end, "sr": "b", "sp": permission}
        return urlencode({**fields, "sig": self._signature(path, end, permission)})

    def check(self, path: str, query: Mapping[str, str], permission: str) -> None:
        """Raises StorageError 403."""
        end, given = query.get("se", ""), query.get("sp", "")
        genuine = hmac.compare_digest(query.get("sig", ""), self._signature(path, end, given))
        if not genuine or not set(permission) & set(given):
            raise StorageError(403, "AuthenticationFailed", "Server failed to authenticate the request.")
        if datetime.fromisoformat(end).timestamp() < time.time():
            text = "Server failed to authenticate the request. Signed expiry time has to be after signed start time."
            raise StorageError(403, "AuthenticationFailed", text)

    def _signature(self, path: str, end: str, permission: str) -> str:
        return hmac.new(self.key, f"{path}\n{end}\n{permission}".encode(), hashlib.sha256).hexdigest()
