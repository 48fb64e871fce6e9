"""The only place where an exception becomes text and an exit code."""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from deployctl.model.errors import DeployError, ExitCode, Problem

if TYPE_CHECKING:
    from pathlib import Path

    from deployctl.model.event import Outcome
    from deployctl.model.release import OutcomeName

# What is needed only when something has gone wrong is imported there: `deployctl --help` passes through here, too.

OUTCOMES: dict[ExitCode, OutcomeName] = {
    ExitCode.BUG: "bug",
    ExitCode.USAGE: "usage",
    ExitCode.REFUSED: "refused",
    ExitCode.ROLLED_BACK: "rolled-back",
    ExitCode.FAILED: "failed",
    ExitCode.MISMATCH: "mismatch",
    ExitCode.LOCKED: "locked",
    ExitCode.INTERRUPTED: "interrupted",
}


def guarded(command: click.Command, arguments: list[str]) -> int:
    """Run a command line; whatever happens, the last thing shown is an Outcome, and its code is returned."""
    output = wanted_output(arguments)
    try:
        result = command.main(args=arguments, prog_name="deployctl", standalone_mode=False)
    except click.ClickException as error:
        return _finish(output, usage_outcome(error))
    except click.Abort:
        return _finish(output, interrupted_outcome("nothing was written"))
    except KeyboardInterrupt:
        return _finish(output, interrupted_outcome("interrupted"))
    except DeployError as error:
        return _finish(output, outcome_of(error))
    except Exception as error:  # noqa: BLE001  the last resort: a bug is reported as one, with a log worth sending
        return _finish(output, bug_outcome(error, arguments))
    return result if isinstance(result, int) else int(ExitCode.DONE)


def _outcome(name: OutcomeName, code: int, summary: str, problem: Problem) -> Outcome:
    from deployctl.model.event import Outcome

    return Outcome(name, code, summary, problem)


def outcome_of(error: DeployError) -> Outcome:
    """An expected error as the end of a run."""
    code = error.exit_code
    return _outcome(OUTCOMES[code], int(code), error.problem.what, error.problem)


def interrupted_outcome(what: str) -> Outcome:
    """Ctrl-C, SIGTERM, or `n` at the prompt."""
    return _outcome("interrupted", int(ExitCode.INTERRUPTED), what, Problem(what))


def usage_outcome(error: click.ClickException) -> Outcome:
    """A command line that click cannot take."""
    context = getattr(error, "ctx", None)
    action = f"{context.command_path} --help" if context else "deployctl --help"
    problem = Problem(error.format_message().rstrip("."), action=action)
    return _outcome("usage", int(ExitCode.USAGE), problem.what, problem)


def bug_outcome(error: Exception, arguments: list[str]) -> Outcome:
    """An exception nobody expected: the traceback goes to a file, the user gets its path."""
    path = write_log(error, arguments)
    problem = Problem(
        f"deployctl met something it does not know: {type(error).__name__}",
        where=_frame(error),
        action=f"send {path} to deployctl's maintainers; run the same command again, it goes on where it stands",
    )
    return _outcome("bug", int(ExitCode.BUG), problem.what, problem)


def _frame(error: Exception) -> str:
    import traceback
    from pathlib import Path

    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "deployctl" in f.filename]
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""


def write_log(error: Exception, arguments: list[str]) -> Path:
    """The traceback without local variables, for they may hold secrets; readable by the user alone."""
    import tempfile
    import traceback
    from pathlib import Path

    from deployctl.model.rules.masking import mask

    text = "".join(traceback.format_exception(error, limit=-40))
    handle, name = tempfile.mkstemp(prefix="deployctl-bug-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as log:
        log.write(f"deployctl {' '.join(map(mask, arguments))}\n{sys.version}\n\n")
        log.write("\n".join(mask(line) for line in text.splitlines()) + "\n")
    return Path(name)


def wanted_output(arguments: list[str]) -> str:
    """`json` when the command line asks for it, even one that cannot be parsed."""
    asked = "--output=json" in arguments or "-ojson" in arguments
    asked = asked or any(a in ("--output", "-o") and b == "json" for a, b in pairwise(arguments))
    return "json" if asked or os.environ.get("DEPLOYCTL_OUTPUT") == "json" else "text"


def _finish(output: str, outcome: Outcome) -> int:
    """Outcomes of failures go to standard error as text, and to standard output as JSON."""
    from deployctl.ui.event_view import Verbosity
    from deployctl.ui.printer import make_printer

    with make_printer(output, Verbosity.NORMAL, None if output == "json" else sys.stderr) as printer:
        printer.show(outcome)
    return outcome.exit_code
