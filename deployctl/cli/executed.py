"""Running the engine's generators with their events shown."""

from __future__ import annotations

from collections.abc import Generator
from importlib.metadata import version

from deployctl.adapters.clock import ended_by_signals
from deployctl.cli.stopping import asked_once
from deployctl.engine.checks import verify
from deployctl.engine.execute import execute
from deployctl.engine.target import Target
from deployctl.model.event import RunEvent
from deployctl.model.plan import Plan
from deployctl.model.request import ReleaseRequest
from deployctl.ui.printer import Printer


def shown(events: Generator[RunEvent, None, None], printer: Printer) -> None:
    """Show every event as it happens. SIGTERM interrupts as Ctrl-C does; one that comes while an event is being shown
    is handed to the generator, for only that knows what has been written, and what must be undone and recorded."""
    with ended_by_signals(), asked_once(printer) as builds:
        try:
            for event in events:
                builds.show(event)
        except KeyboardInterrupt as interrupt:
            builds.show(events.throw(interrupt))
            for event in events:
                builds.show(event)


def execute_shown(request: ReleaseRequest, target: Target, plan: Plan, printer: Printer) -> None:
    """Raises DeployError when the release did not come true."""
    shown(execute(request, target, plan, version("deployctl")), printer)


def verify_shown(target: Target, services: tuple[str, ...], printer: Printer) -> None:
    """Raises VerificationMismatch when what runs differs from what should."""
    shown(verify(target, services), printer)
