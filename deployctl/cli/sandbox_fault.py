"""`deployctl sandbox fault`: what goes wrong in the running sandbox, changed while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from deployctl.cli.finish import done, nothing_to_do
from deployctl.cli.options import Common, common
from deployctl.cli.running_sandbox import control, state_option
from deployctl.model.errors import UsageError
from deployctl.model.sandbox import FaultKind, FaultKindsRead, FaultsRead, SandboxFault
from deployctl.sandbox.fault_kinds import KINDS, nearest
from deployctl.sandbox.fault_words import from_words, taken_by
from deployctl.sandbox.process.control_client import ControlError


@click.group()
def fault() -> None:
    """Make things go wrong in the running sandbox, and right again."""


def _known(kind: str) -> None:
    if kind not in KINDS:
        raise UsageError(f"unknown fault kind {kind!r}{nearest(kind, KINDS)}", action="deployctl sandbox fault kinds")


@fault.command("add")
@click.argument("kind")
@click.argument("parameters", nargs=-1, metavar="[KEY=VALUE]...")
@state_option
@common
def add_command(options: Common, kind: str, parameters: tuple[str, ...], state: Path | None) -> int:
    """Make something go wrong from now on, such as: deployctl sandbox fault add api-error status=503 times=3"""
    _known(kind)
    try:
        values = from_words(kind, parameters)
    except ValueError as error:
        raise UsageError(str(error), action=f"deployctl sandbox fault kinds {kind}") from error
    with options.printer() as printer, control(state) as client:
        added = client.add_fault(kind, **values)
        return done(printer, f"{kind} goes wrong now; undo it with: deployctl sandbox fault remove {added}")


@fault.command("list")
@state_option
@common
def list_command(options: Common, state: Path | None) -> int:
    """Show what goes wrong."""
    with options.printer() as printer, control(state) as client:
        found = tuple(read(document) for document in client.faults())
        if not found:
            return nothing_to_do(printer, "nothing goes wrong")
        printer.show(FaultsRead(found))
        return done(printer, f"{len(found)} active")


@fault.command("remove")
@click.argument("id")
@state_option
@common
def remove_command(options: Common, id: str, state: Path | None) -> int:
    """Make one thing right again, by its id, or all of one kind."""
    with options.printer() as printer, control(state) as client:
        try:
            client.remove_fault(id)
        except ControlError as error:
            known = {name for f in client.faults() for name in (str(f["id"]), str(f["kind"]))}
            hint = nearest(id, known) if known else "; nothing goes wrong"
            raise UsageError(f"no fault {id!r}{hint}", action="deployctl sandbox fault list") from error
        return done(printer, f"{id} is over")


@fault.command("clear")
@state_option
@common
def clear_command(options: Common, state: Path | None) -> int:
    """Make everything right again."""
    with options.printer() as printer, control(state) as client:
        count = len(client.faults())
        client.clear_faults()
        return done(printer, f"{count} cleared") if count else nothing_to_do(printer, "nothing went wrong")


@fault.command("kinds")
@click.argument("kind", required=False)
@common
def kinds_command(options: Common, kind: str | None) -> int:
    """Show which faults there are and what they take; of one KIND, or of all."""
    if kind is not None:
        _known(kind)
    with options.printer() as printer:
        names = (kind,) if kind else tuple(KINDS)
        printer.show(FaultKindsRead(tuple(described(name) for name in names)))
        return done(printer, f"{len(names)} of {len(KINDS)} kinds")


def described(kind: str) -> FaultKind:
    """A kind with everything it takes."""
    return FaultKind(kind, KINDS[kind].meaning, taken_by(kind), KINDS[kind].required)


def read(document: dict[str, Any]) -> SandboxFault:
    """A fault as the control endpoint shows it."""
    rest = {key: value for key, value in document.items() if key not in ("id", "kind", "times")}
    return SandboxFault(str(document["id"]), str(document["kind"]), rest, document.get("times"))
