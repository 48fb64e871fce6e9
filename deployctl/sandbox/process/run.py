"""`sandbox run`: one command with a sandbox around it."""

from __future__ import annotations

from collections.abc import Sequence

from deployctl.sandbox.process.background import run_command, status
from deployctl.sandbox.process.inside import running_sandbox
from deployctl.sandbox.process.options import Options


def run(command: Sequence[str], options: Options, *, own: bool = False) -> int:
    """The command's exit code. A sandbox that runs in the state folder is used, unless `own` asks for a fresh one;
    one that was started for the command goes with it. Raises what `open_sandbox` raises.
    """
    known = None if own else status(options.state)
    if known is not None and known.answers:
        return run_command(command, known.info)
    with running_sandbox(options.scenario, options.clock_speed, overlays=options.overlays) as info:
        return run_command(command, info)
