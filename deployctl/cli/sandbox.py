"""`deployctl sandbox`: an embedded cluster to rehearse on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from deployctl.cli.finish import done, nothing_to_do
from deployctl.cli.options import Common, common
from deployctl.cli.running_sandbox import state_folder, state_option
from deployctl.cli.sandbox_fault import fault
from deployctl.cli.sandbox_requests import requests
from deployctl.model.errors import ExitCode, Refused, ReleaseFailed, UsageError
from deployctl.model.event import Outcome, SandboxRead
from deployctl.sandbox.process.background import SandboxFailed, down, status, up
from deployctl.sandbox.process.info import SandboxInfo
from deployctl.sandbox.process.options import UNRESTRICTED, Options, Overlay
from deployctl.sandbox.scenario.load import load
from deployctl.sandbox.scenario.parse import ScenarioError
from deployctl.ui.printer import Printer


@click.group()
def command() -> None:
    """Rehearse on an embedded cluster: API server, nodes, registry, cloud and ingress, without Docker."""


command.add_command(fault)
command.add_command(requests)


def start_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds what a sandbox is started with."""
    for option in (
        click.option("--scenario", default="default", show_default=True, help="A shipped scenario's name, or a file."),
        click.option(
            "--overlay",
            "overlays",
            multiple=True,
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="Bring this kustomization up, with images and secrets made up.",
        ),
        click.option("--kustomize-flag", "flags", multiple=True, help=f"A flag for rendering; else {UNRESTRICTED[0]}."),
        click.option("--create-kinds", is_flag=True, help="Define the overlay's kinds that the cluster lacks."),
        click.option(
            "--speed",
            type=click.FloatRange(0.1, 1000),
            default=1.0,
            show_default=True,
            help="Sandbox seconds a second.",
        ),
    ):
        function = option(function)
    return function


def _options(
    options: Common, state: Path | None, scenario: str, overlays: tuple[Path, ...], flags: tuple[str, ...], **rest: Any
) -> Options:
    """With --env, the environment's own overlay and flags come up. Raises UsageError for a scenario that is none."""
    try:
        load(scenario)
    except ScenarioError as error:
        raise UsageError(str(error), where="--scenario") from error
    chosen = [Overlay(path.absolute(), flags or UNRESTRICTED, rest["create_kinds"]) for path in overlays]
    if options.env:
        from deployctl.cli.session import load_project

        environment = load_project(options).environment(options.env)
        chosen.append(Overlay(environment.overlay, environment.kustomize_flags, rest["create_kinds"]))
    return Options(
        state=state_folder(state),
        scenario=scenario,
        clock_speed=rest["speed"],
        overlays=tuple(chosen),
        keep=rest.get("keep", False),
    )


@command.command("up")
@start_options
@click.option("--keep", is_flag=True, help="Keep objects and images in the state folder for the next time.")
@click.option("--foreground", "stay", is_flag=True, help="Do not return; serve until Ctrl-C or `sandbox down`.")
@state_option
@common
def up_command(options: Common, stay: bool, **rest: Any) -> int:
    """Start a sandbox in the background, and print how to reach it: eval "$(deployctl sandbox up)".

    With --env, that environment's overlay is brought up in it.
    """
    with options.printer() as printer:
        wanted = _options(options, **rest)
        if stay:
            return serve(wanted, printer)
        try:
            info = up(wanted)
        except (SandboxFailed, ScenarioError, OSError) as error:
            raise ReleaseFailed(
                "the sandbox did not come up", where=str(wanted.state), evidence=(str(error),)
            ) from error
        printer.show(read(info))
        return answered(options, printer)


def serve(wanted: Options, printer: Printer) -> int:
    """A sandbox in this process, until it is told to end. Raises Refused, ReleaseFailed."""
    known = status(wanted.state)
    if known is not None and known.answers:
        raise Refused("a sandbox runs already", where=str(wanted.state), action="deployctl sandbox down")
    from deployctl.sandbox.process.foreground import foreground

    try:
        foreground(wanted, lambda info: printer.show(read(info)))
    except (ScenarioError, OSError, ValueError) as error:
        raise ReleaseFailed("the sandbox did not come up", where=str(wanted.state), evidence=(str(error),)) from error
    return done(printer, "the sandbox is down")


@command.command("status")
@state_option
@common
def status_command(options: Common, state: Path | None) -> int:
    """Print how to reach the running sandbox; exits with 3 when none runs."""
    folder = state_folder(state)
    found = status(folder)
    with options.printer() as printer:
        if found is None or not found.answers:
            raise Refused("no sandbox runs", where=str(folder), action="deployctl sandbox up")
        printer.show(read(found.info))
        return answered(options, printer)


@command.command("down")
@state_option
@common
def down_command(options: Common, state: Path | None) -> int:
    """Stop the running sandbox."""
    folder = state_folder(state)
    with options.printer() as printer:
        try:
            stopped = down(folder)
        except SandboxFailed as error:
            raise ReleaseFailed("the sandbox did not stop", where=str(folder), evidence=(str(error),)) from error
        return done(printer, "the sandbox is down") if stopped else nothing_to_do(printer, "no sandbox was running")


@command.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("argv", nargs=-1, required=True, metavar="CMD...", type=click.UNPROCESSED)
@start_options
@click.option("--own", is_flag=True, help="A fresh sandbox, even if one runs.")
@state_option
@common
def run_command(options: Common, argv: tuple[str, ...], own: bool, **rest: Any) -> int:
    """Run CMD with a sandbox around it, and exit with its code. A running sandbox is used; otherwise one is started
    for the command and goes with it."""
    from deployctl.sandbox.process.run import run

    wanted = _options(options, **rest)
    try:
        code = run(argv, wanted, own=own)
    except (SandboxFailed, ScenarioError, OSError, ValueError) as error:
        raise UsageError("the sandbox did not come up", where=str(wanted.state), evidence=(str(error),)) from error
    if options.output == "json":
        with options.printer() as printer:
            printer.show(Outcome("done" if code == 0 else "failed", code, f"{argv[0]} ended with {code}"))
    return code


def answered(options: Common, printer: Printer) -> int:
    """The end of a command whose text a shell takes in with eval: an outcome for programs, no line for people."""
    return done(printer, "the sandbox answers") if options.output == "json" else int(ExitCode.DONE)


def read(info: SandboxInfo) -> SandboxRead:
    """How to reach it, as variables."""
    return SandboxRead(str(info.state), tuple(info.environment().items()))
