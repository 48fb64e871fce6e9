"""The group of commands, and the process around one: signals, arguments, the exit code."""

from __future__ import annotations

import sys
from importlib import import_module

import click

COMMANDS = {
    "plan": "Show what a release would do; write nothing.",
    "release": "Release services: build, bump, apply, wait, check, verify.",
    "verify": "Compare what runs with the registry and the overlay.",
    "diagnose": "Name what is wrong now, with evidence and the next action.",
    "rollback": "Go back to the last successful release.",
    "build": "Build images in the registry; deploy nothing.",
    "promote": "Copy tested images under another environment's tags.",
    "status": "Show what runs now, who releases, and the last release.",
    "history": "Show recorded releases, failed ones included.",
    "init": "Look at a tree and write a deployctl.toml for it.",
    "sandbox": "Rehearse on an embedded cluster.",
    "completion": "Print the shell's completion script.",
}
"""Name and one line of help, kept here so that the list of commands loads none of them. A test compares them."""


class LazyGroup(click.Group):
    """Imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"deployctl.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="The configuration is deployctl.toml, found upwards from here. Exit codes: docs/exit-codes.md.",
)
@click.version_option(None, "--version", package_name="deployctl", message="deployctl %(version)s")
@click.pass_context
def group(context: click.Context) -> None:
    """Release services to Kubernetes: prove first, wait honestly, always have a way back."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main() -> None:
    """The program. Exits with a documented code; a traceback never reaches the user."""
    from deployctl.cli.errors import guarded

    sys.exit(guarded(group, sys.argv[1:]))
