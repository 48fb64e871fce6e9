"""Probes and lifecycle handlers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deployctl.sandbox.schema.validation import names
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    each_invalid,
    forbidden,
    invalid,
    not_negative,
    required,
    unsupported,
)

_NUMBERS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")


def port(at: At, value: Any) -> Causes:
    """A number or a name."""
    if isinstance(value, int):
        yield from each_invalid(at, value, names.port_number(value))
    else:
        yield from each_invalid(at, value or "", names.port_name(value or ""))


def _exec(at: At, action: Struct) -> Causes:
    if not action.get("command"):
        yield required(at / "command")


def _http(at: At, action: Struct) -> Causes:
    yield from port(at / "port", action.get("port"))
    if action.get("scheme") not in ("HTTP", "HTTPS"):
        yield unsupported(at / "scheme", action.get("scheme", ""), ("HTTP", "HTTPS"))
    for header in action.get("httpHeaders") or []:
        name = header.get("name", "")
        yield from each_invalid(at / "httpHeaders", name, names.header_name(name))


def _tcp(at: At, action: Struct) -> Causes:
    yield from port(at / "port", action.get("port"))


_HANDLERS: dict[str, Callable[[At, Struct], Causes]] = {
    "exec": _exec,
    "httpGet": _http,
    "tcpSocket": _tcp,
    "grpc": _tcp,
}


def handler(at: At, given: Struct, grace_seconds: int | None) -> Causes:
    """Exactly one way to act."""
    found = [kind for kind in (*_HANDLERS, "sleep") if kind in given]
    for kind in found[1:]:
        yield forbidden(at / kind, "may not specify more than 1 handler type")
    if not found:
        yield required(at, "must specify a handler type")
    elif found[0] == "sleep":
        yield from _sleep(at / "sleep", given["sleep"].get("seconds", 0), grace_seconds)
    else:
        yield from _HANDLERS[found[0]](at / found[0], given[found[0]])


def _sleep(at: At, seconds: int, grace_seconds: int | None) -> Causes:
    if grace_seconds is not None and not 0 <= seconds <= grace_seconds:
        detail = f"must be non-negative and less than terminationGracePeriodSeconds ({grace_seconds})"
        yield invalid(at, seconds, detail)


def probe(at: At, given: Struct, grace_seconds: int | None) -> Causes:
    """`at` ends with the probe's kind: only readiness may want several successes and may not shorten the grace."""
    yield from handler(at, given, grace_seconds)
    for number in _NUMBERS:
        yield from not_negative(at / number, given.get(number, 0))
    grace = given.get("terminationGracePeriodSeconds")
    if grace is not None and grace <= 0:
        yield invalid(at / "terminationGracePeriodSeconds", grace, "must be greater than 0")
    if at.text.endswith("readinessProbe"):
        if grace is not None:
            yield invalid(at / "terminationGracePeriodSeconds", grace, "must not be set for readinessProbes")
    elif given.get("successThreshold") != 1:
        yield invalid(at / "successThreshold", given.get("successThreshold", 0), "must be 1")


def lifecycle(at: At, given: Struct, grace_seconds: int | None) -> Causes:
    for hook in ("postStart", "preStop"):
        if hook in given:
            yield from handler(at / hook, given[hook], grace_seconds)
