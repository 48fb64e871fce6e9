"""Who shows the events of a run: one printer for a terminal, one for a pipe, one for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Protocol, TextIO

from rich.console import Console
from rich.text import Text

from deployctl.model.event import (
    ConfigurationWritten,
    ContextListed,
    Examined,
    HistoryRead,
    Planned,
    RunEvent,
    SandboxRead,
    StatusRead,
    Waiting,
)
from deployctl.model.sandbox import FaultKindsRead, FaultsRead, RequestsRead
from deployctl.ui.event_view import Verbosity, event_lines
from deployctl.ui.jsonable import event_json

DOCUMENTS = (
    ConfigurationWritten,
    ContextListed,
    Examined,
    FaultKindsRead,
    FaultsRead,
    HistoryRead,
    Planned,
    RequestsRead,
    SandboxRead,
    StatusRead,
)
"""Events that are a command's whole answer: printed as they are, for a shell or another program may read them."""


class Printer(Protocol):
    """Shows events in the order they happen. A context manager, for a live view must give the screen back."""

    def __enter__(self) -> Printer: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, event: RunEvent) -> None: ...

    def say(self, lines: tuple[Text, ...]) -> None:
        """Print lines that are no events: a table, a document. In JSON nothing."""

    def aside(self) -> AbstractContextManager[bool]:
        """Give the screen to a question while it lasts; whether a person is looking at it."""


def utc_now() -> datetime:
    """The wall's time, to the second: what a log line carries."""
    return datetime.now(UTC).replace(microsecond=0)


class JsonPrinter:
    """One JSON object a line on standard output, flushed at once: a program may be reading along."""

    def __init__(self, out: TextIO, now: Callable[[], datetime] = utc_now) -> None:
        self._out, self._now = out, now

    def __enter__(self) -> JsonPrinter:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, event: RunEvent) -> None:
        if isinstance(event, Waiting) and not event.news:
            return
        self._out.write(json.dumps(event_json(event, self._now()), ensure_ascii=False) + "\n")
        self._out.flush()

    def say(self, lines: tuple[Text, ...]) -> None:  # noqa: ARG002  lines are for people
        return None

    def aside(self) -> AbstractContextManager[bool]:
        return nullcontext(enter_result=False)


class PlainPrinter:
    """Time-stamped lines without colour or cursor movement, for pipes and CI logs."""

    def __init__(self, out: TextIO, verbosity: Verbosity, now: Callable[[], datetime] = utc_now) -> None:
        self._out, self._verbosity, self._now = out, verbosity, now

    def __enter__(self) -> PlainPrinter:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, event: RunEvent) -> None:
        if isinstance(event, Waiting) and not event.news:
            return
        lines = event_lines(event, self._verbosity)
        if isinstance(event, DOCUMENTS):
            self.say(lines)
            return
        for text in lines:
            self._out.write(f"{self._now():%H:%M:%SZ} {text.plain}".rstrip() + "\n")
        self._out.flush()

    def say(self, lines: tuple[Text, ...]) -> None:
        for text in lines:
            self._out.write(text.plain.rstrip() + "\n")
        self._out.flush()

    def aside(self) -> AbstractContextManager[bool]:
        return nullcontext(enter_result=False)


def make_printer(output: str, verbosity: Verbosity, out: TextIO | None = None) -> Printer:
    """By `--output` and by whether standard output is a terminal. `NO_COLOR` is honoured by the console."""
    stream = out or sys.stdout
    if output == "json":
        return JsonPrinter(stream)
    if not stream.isatty():
        return PlainPrinter(stream, verbosity)
    from deployctl.ui.live import LivePrinter  # noqa: PLC0415  rich's live display is loaded for terminals only

    return LivePrinter(Console(file=stream, highlight=False, soft_wrap=False), verbosity)
