"""`/openapi/v2`, which kubectl reads before it sends a `kind: List`: in JSON, or in protobuf for who asks so."""

from __future__ import annotations

from collections.abc import Iterable

from deployctl.sandbox.api.protobuf import openapi_v2 as protobuf
from deployctl.sandbox.api.rules import Kind, definitions_v2
from deployctl.sandbox.store import encode

JSON = "application/json"
PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_SERVED = {
    JSON: JSON,
    "application/*": JSON,
    "*/*": JSON,
    PROTOBUF: PROTOBUF,
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf": PROTOBUF,
}
"""As asked for and as answered: the name with an @ is no media type, but clients still send it."""


def media(accept: str) -> str | None:
    """The served type that the header prefers, None when it names none. Without a header it is JSON."""
    clauses = [[part.strip() for part in clause.split(";")] for clause in (accept or JSON).split(",")]
    wanted = sorted(clauses, key=lambda clause: -_quality(clause[1:]))
    return next((_SERVED[clause[0]] for clause in wanted if clause[0] in _SERVED), None)


def _quality(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 1.0
    return 1.0


def body(kinds: Iterable[Kind], media: str) -> bytes:
    """The document of what is served, its paths left out: clients look for types in it."""
    made = {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": "1.37"},
        "paths": {},
        "definitions": definitions_v2(kinds),
    }
    return protobuf.encode(made) if media == PROTOBUF else encode(made)
