"""Ctrl-C while images are built, on a terminal: it asks once, for what has run for ten minutes is lost with the key."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from deployctl.model.event import RunEvent, StepFailed, StepFinished, StepStarted
from deployctl.ui.printer import Printer

QUESTION = "Cancel what is being built?"


class Builds:
    """Which builds run, by the events that were shown, and what Ctrl-C does meanwhile.

    Without a person on a terminal, outside of builds, and when it has asked before, it interrupts at once.
    """

    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self._running: set[str] = set()
        self._asked = False
        self._showing = False
        self._waits = False

    def show(self, event: RunEvent) -> None:
        """A question waits until the event is on the screen, whole."""
        self._showing = True
        try:
            self._note(event)
            self._printer.show(event)
        finally:
            self._showing = False
        if self._waits:
            self._waits = False
            self._ask()

    def pressed(self, _number: int, _frame: FrameType | None) -> None:
        """SIGINT's handler. Raises KeyboardInterrupt unless the person would rather go on."""
        if not self._running or self._asked or not sys.stdin.isatty():
            raise KeyboardInterrupt
        if self._showing:
            self._waits = True
            return
        self._ask()

    def _note(self, event: RunEvent) -> None:
        if isinstance(event, StepStarted) and event.step == "build":
            self._running.add(event.title)
        if isinstance(event, StepFinished | StepFailed):
            self._running.discard(event.title)

    def _ask(self) -> None:
        with self._printer.aside() as somebody:
            self._asked = True
            try:
                stop = not somebody or click.confirm(QUESTION, default=False, err=True)
            except click.Abort:  # Ctrl-C again, or no more input
                stop = True
        if stop:
            raise KeyboardInterrupt


@contextmanager
def asked_once(printer: Printer) -> Iterator[Builds]:
    """Within it, Ctrl-C goes to the builds, unless whoever started us has it ignored; only in the main thread."""
    builds = Builds(printer)
    before = signal.getsignal(signal.SIGINT)
    if callable(before):
        signal.signal(signal.SIGINT, builds.pressed)
    try:
        yield builds
    finally:
        signal.signal(signal.SIGINT, before)
