"""Reading a JSON object out of an answer that may hold anything."""

from __future__ import annotations

import json

from deployctl.adapters.transport import Reply
from deployctl.model.json import EMPTY, Json


def json_of(reply: Reply) -> Json:
    """The object in the body; empty when there is none. Never raises."""
    try:
        value = json.loads(reply.body)
    except ValueError:
        return EMPTY
    return value if isinstance(value, dict) else EMPTY
