"""The end of a command that went well, or found nothing to do: its Outcome."""

from __future__ import annotations

from deployctl.model.errors import ExitCode
from deployctl.model.event import Outcome
from deployctl.ui.printer import Printer


def done(printer: Printer, summary: str, code: ExitCode = ExitCode.DONE) -> int:
    """Show that the command did what was asked; returns its exit code."""
    printer.show(Outcome("done", int(code), summary))
    return int(code)


def nothing_to_do(printer: Printer, summary: str) -> int:
    """Show that there was nothing to do; returns 0."""
    printer.show(Outcome("nothing-to-do", int(ExitCode.DONE), summary))
    return int(ExitCode.DONE)
