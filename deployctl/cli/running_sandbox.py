"""The sandbox that a command is about: --state, and its control endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from deployctl.model.errors import Refused
from deployctl.sandbox.process import info as info_file
from deployctl.sandbox.process.background import default_state
from deployctl.sandbox.process.control_client import ControlClient, ControlError, NotRunning


def state_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --state: which sandbox."""
    option = click.option(
        "--state",
        type=click.Path(file_okay=False, path_type=Path),
        default=None,
        help="Folder of the sandbox, where there are several.",
    )
    return option(function)


def state_folder(state: Path | None) -> Path:
    """The one that was named, or the one that most people have."""
    return (state or default_state()).absolute()


@contextmanager
def control(state: Path | None) -> Iterator[ControlClient]:
    """Raises Refused when no sandbox runs there, or when it refuses what is asked of it."""
    folder = state_folder(state)
    info = info_file.read(folder)
    if info is None:
        raise Refused("no sandbox runs", where=str(folder), action="deployctl sandbox up")
    try:
        yield ControlClient(info)
    except NotRunning as error:
        raise Refused(
            "the sandbox does not answer", where=str(folder), evidence=(str(error),), action="deployctl sandbox up"
        ) from error
    except ControlError as error:
        raise Refused("the sandbox refuses this", where=str(folder), evidence=(str(error),)) from error
