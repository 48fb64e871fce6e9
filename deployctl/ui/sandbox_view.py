"""The embedded cluster for people, and for shells that take lines in."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import assert_never

from rich.text import Text

from deployctl.model.event import SandboxRead
from deployctl.model.sandbox import FaultKind, FaultKindsRead, FaultsRead, RequestsRead, SandboxFault, SandboxRequest
from deployctl.ui.lines import BAD, BOLD, DIM, GOOD, WARN, line


def sandbox_lines(event: SandboxRead | FaultsRead | FaultKindsRead | RequestsRead) -> tuple[Text, ...]:
    """Where it listens, as `export NAME=value` lines for `eval "$(deployctl sandbox status)"`; or one line a thing."""
    match event:
        case SandboxRead():
            return tuple(line(f"export {name}={shlex.quote(value)}") for name, value in event.values)
        case FaultsRead():
            return tuple(map(fault_line, event.faults))
        case FaultKindsRead():
            return tuple(text for kind in event.kinds for text in kind_lines(kind))
        case RequestsRead():
            return tuple(map(request_line, event.requests))
        case _:
            assert_never(event)


def fault_line(fault: SandboxFault) -> Text:
    """Its id and how to ask for it again."""
    words = " ".join(f"{name}={shlex.quote(_word(value))}" for name, value in fault.parameters.items())
    times = f" times={fault.times}" if fault.times is not None else ""
    return line((f"{fault.id:24}", BOLD), f" {fault.kind} {words}{times}".rstrip())


def _word(value: object) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{name}={item}" for name, item in value.items())
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def kind_lines(kind: FaultKind) -> tuple[Text, ...]:
    """What it does, and what it takes; `!` marks what it needs."""
    taken = ", ".join(
        f"{name}{'!' if name in kind.required else ''} ({spoken})" for name, spoken in kind.parameters.items()
    )
    return line((kind.kind, BOLD), f"  {kind.meaning}"), line((taken, DIM), indent=4)


def request_line(request: SandboxRequest) -> Text:
    """When, who asked what, and what the answer was."""
    style = BAD if request.status == 0 or request.status >= 500 else WARN if request.status >= 400 else GOOD
    status = str(request.status or "---")
    return line(
        (f"{request.time:%H:%M:%S.%f}"[:12], DIM),
        (f" {status} ", style),
        f"{request.seconds * 1000:7.1f} ms {request.server} {request.method} {request.path}",
        (f"  {request.user}", DIM),
    )
