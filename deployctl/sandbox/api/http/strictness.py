"""Field validation: unknown and duplicate fields are refused, warned of or dropped."""

from __future__ import annotations

from deployctl.sandbox.api.errors import bad_request
from deployctl.sandbox.api.http import options
from deployctl.sandbox.api.http.call import Call
from deployctl.sandbox.api.http.codec import PROTOBUF
from deployctl.sandbox.api.rules import Kind, strict_error, strict_problems


def warnings(kind: Kind, call: Call) -> tuple[str, ...]:
    """What is wrong with the body's fields. Raises ApiError 400 when the client wants it strict."""
    wanted = options.field_validation(call)
    if wanted == "Ignore" or call.content_type == PROTOBUF:
        return ()
    problems = strict_problems(kind, call.body)
    if problems and wanted == "Strict":
        raise bad_request(strict_error(kind, problems))
    return tuple(problems)
