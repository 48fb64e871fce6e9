"""Field validation: unknown and duplicate fields are refused, warned of or dropped."""

from __future__ import annotations

from deployctl.sandbox.api.errors import ApiError, bad_request
from deployctl.sandbox.api.http import options
from deployctl.sandbox.api.http.call import Call
from deployctl.sandbox.api.rules import Kind, strict_problems, without_unknown
from deployctl.sandbox.contracts import Object


def checked(kind: Kind, obj: Object, call: Call) -> tuple[Object, tuple[str, ...]]:
    """The object without unknown fields, and the warnings. Raises ApiError 400 when the client wants it strict."""
    wanted = options.field_validation(call)
    if wanted == "Ignore":
        return without_unknown(kind, obj), ()
    problems = strict_problems(kind, call.body if call.content_type != "application/yaml" else obj)
    if problems and wanted == "Strict":
        raise strict_error(kind, problems)
    return (without_unknown(kind, obj) if problems else obj), tuple(problems)


def strict_error(kind: Kind, problems: list[str]) -> ApiError:
    """As the real decoder words it."""
    where = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}'
    return bad_request(f"{where}: strict decoding error: {', '.join(problems)}")
