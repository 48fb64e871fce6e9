"""The options that every command has, and how a command is run with them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from deployctl.cli.completion_of import environments
from deployctl.ui.event_view import Verbosity
from deployctl.ui.printer import Printer, make_printer


@dataclass(frozen=True)
class Common:
    """Parsed common options."""

    env: str
    config: Path | None
    output: str
    verbosity: Verbosity

    def printer(self) -> Printer:
        """Where this run's events go."""
        return make_printer(self.output, self.verbosity)


def common(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --env, --config, --output, -q and -v; the command receives them as its first argument, a `Common`."""

    @click.option("-e", "--env", default="", metavar="NAME", help="Environment.", shell_complete=environments)
    @click.option(
        "-c",
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        default=None,
        help="Configuration file, instead of the deployctl.toml found upwards from here.",
    )
    @click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "json"]),
        default="text",
        envvar="DEPLOYCTL_OUTPUT",
        show_default=True,
        help="Text for people, or one JSON object a line.",
    )
    @click.option("-q", "--quiet", is_flag=True, help="Only the outcome.")
    @click.option("-v", "--verbose", is_flag=True, help="Logs, every object and field.")
    @functools.wraps(function)
    def wrapped(
        *args: Any, env: str, config: Path | None, output: str, quiet: bool, verbose: bool, **kwargs: Any
    ) -> Any:
        if quiet and verbose:
            raise click.UsageError("--quiet and --verbose exclude each other")
        verbosity = Verbosity.QUIET if quiet else Verbosity.VERBOSE if verbose else Verbosity.NORMAL
        return function(Common(env, config, output, verbosity), *args, **kwargs)

    return wrapped
