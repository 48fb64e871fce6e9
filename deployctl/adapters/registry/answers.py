"""Reading what registries say of errors: the distribution spec's `errors`, OAuth's `error`, or nothing."""

from __future__ import annotations

import json

from deployctl.adapters.registry.failures import Answer, BadAnswer
from deployctl.adapters.transport import Reply
from deployctl.model.json import EMPTY, Json, items, text

LONGEST = 300


def json_object(body: bytes, host: str) -> Json:
    """A JSON object. Raises BadAnswer for anything else."""
    try:
        value = json.loads(body)
    except ValueError as error:
        raise BadAnswer(f"{host} answered something that is not JSON") from error
    if not isinstance(value, dict):
        raise BadAnswer(f"{host} answered JSON that is not an object")
    return value


def answer_of(reply: Reply, by: str = "") -> Answer:
    """An error answer in its own words, on one line and not longer than a person reads; never raises."""
    try:
        body = json_object(reply.body, "")
    except BadAnswer:
        body = EMPTY
    first = next(iter(items(body, "errors")), EMPTY)
    code = text(first, "code") or text(body, "error")
    message = text(first, "message") or text(body, "error_description") or text(body, "details")
    return Answer(reply.status, code, " ".join(message.split())[:LONGEST], by)
