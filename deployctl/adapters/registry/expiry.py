"""When a password that is a token ends: clouds give out logins that live for hours, and they land in Secrets."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from datetime import UTC, datetime

from deployctl.model.json import number


def ends(password: str) -> datetime | None:
    """The end that the password itself tells: a JWT (`az acr login --expose-token`) or ECR's encoded document. None
    for any other."""
    for part, key in _documents(password):
        try:
            document = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except (ValueError, binascii.Error):
            continue
        seconds = number(document, key)
        if seconds > 0:
            return datetime.fromtimestamp(seconds, UTC)
    return None


def _documents(password: str) -> Iterator[tuple[str, str]]:
    """(base64 of JSON, the key that names its end)."""
    parts = password.split(".")
    if len(parts) == 3:
        yield parts[1], "exp"
    yield password, "expiration"
