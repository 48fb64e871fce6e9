"""Each event as lines, for those printers that print lines."""

from __future__ import annotations

from enum import IntEnum
from typing import assert_never

from rich.text import Text

from deployctl.model.event import (
    Advised,
    ConfigurationWritten,
    ContextListed,
    Diagnosed,
    DowntimeMeasured,
    Examined,
    HistoryRead,
    LogLine,
    Outcome,
    Planned,
    Probed,
    RunEvent,
    SandboxRead,
    StatusRead,
    StepFailed,
    StepFinished,
    StepProgress,
    StepSkipped,
    StepStarted,
    Verified,
    Waiting,
    Warned,
)
from deployctl.model.sandbox import FaultKindsRead, FaultsRead, RequestsRead
from deployctl.ui.context_view import context_lines
from deployctl.ui.downtime_view import advice_lines, downtime_lines
from deployctl.ui.examination_view import examination_lines
from deployctl.ui.history_view import history_lines
from deployctl.ui.init_view import written_lines
from deployctl.ui.lines import BAD, BOLD, DIM, GOOD, WARN, line, seconds
from deployctl.ui.plan_view import plan_lines
from deployctl.ui.problem_view import diagnosis_lines, finding_lines, problem_lines
from deployctl.ui.rollout_view import waiting_lines
from deployctl.ui.sandbox_view import sandbox_lines
from deployctl.ui.status_view import status_lines
from deployctl.ui.verify_view import verify_lines


class Verbosity(IntEnum):
    """`-q`, nothing, `-v`."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


OUTCOMES = {
    "done": ("done", GOOD),
    "nothing-to-do": ("nothing to do", GOOD),
    "refused": ("refused", BAD),
    "rolled-back": ("failed, rolled back", WARN),
    "failed": ("failed", BAD),
    "mismatch": ("mismatch", BAD),
    "locked": ("locked", WARN),
    "usage": ("usage", BAD),
    "interrupted": ("interrupted", WARN),
    "bug": ("a bug in deployctl", BAD),
}


def event_lines(event: RunEvent, verbosity: Verbosity) -> tuple[Text, ...]:
    """Quiet shows the outcome alone; verbose shows logs and everything that is well, too."""
    if isinstance(event, Outcome):
        return outcome_lines(event)
    return () if verbosity is Verbosity.QUIET else _lines(event, verbosity)


def outcome_lines(outcome: Outcome) -> tuple[Text, ...]:
    """How it ended, in one line, with the problem's details where there is one."""
    head, style = OUTCOMES[outcome.outcome]
    if outcome.problem is not None:
        return problem_lines(head, outcome.problem, style)
    return (line((f"{head}: ", style), (outcome.summary, BOLD)),)


def _lines(event: RunEvent, verbosity: Verbosity) -> tuple[Text, ...]:
    verbose = verbosity is Verbosity.VERBOSE
    match event:
        case Planned():
            return plan_lines(event.plan, verbose=verbose)
        case Waiting():
            return waiting_lines(event.reports)
        case Verified():
            return verify_lines(event.checks, verbose=verbose)
        case Warned():
            return finding_lines(event.finding, refusal=False)
        case Diagnosed():
            return diagnosis_lines(event.diagnosis)
        case Examined() | ContextListed() | HistoryRead() | StatusRead() | ConfigurationWritten():
            return _document_lines(event, verbose=verbose)
        case SandboxRead() | FaultsRead() | FaultKindsRead() | RequestsRead():
            return sandbox_lines(event)
        case Outcome():
            return outcome_lines(event)
        case _:
            return _step_lines(event)


def log_line(event: LogLine) -> Text:
    """A line of a log after its source's name. Colours are styles, so that they show on terminals and nowhere else; of
    a line that was written over, as progress bars are, its last state is left."""
    return line((f"{event.source} | ", DIM), indent=4).append_text(Text.from_ansi(event.text.rstrip("\r")))


def _document_lines(
    event: Examined | ContextListed | HistoryRead | StatusRead | ConfigurationWritten,
    *,
    verbose: bool,
) -> tuple[Text, ...]:
    """Those that are a command's whole answer."""
    match event:
        case Examined():
            return examination_lines(event.examination, verbose=verbose)
        case ContextListed():
            return context_lines(event)
        case HistoryRead():
            return history_lines(event.releases)
        case StatusRead():
            return status_lines(event.status)
        case ConfigurationWritten():
            return written_lines(event)
        case _:
            assert_never(event)


def _step_lines(
    event: StepStarted
    | StepProgress
    | StepFinished
    | StepFailed
    | StepSkipped
    | LogLine
    | Probed
    | DowntimeMeasured
    | Advised,
) -> tuple[Text, ...]:
    match event:
        case StepStarted():
            return (line(("… ", DIM), event.title),)
        case StepProgress():
            of = f" ({event.done}/{event.total})" if event.total else ""
            subject = (f"{event.subject} | ", DIM) if event.subject else ""
            return (line(subject, f"{event.message}{of}", indent=4),)
        case StepFinished():
            detail = f"  {event.detail}" if event.detail else ""
            return (line(("✓ ", GOOD), event.title, (f"  {seconds(event.seconds)}{detail}", DIM)),)
        case StepFailed():
            return (line(("✗ ", BAD), event.title, (f"  after {seconds(event.seconds)}", DIM)),)
        case StepSkipped():
            return (line(("- ", DIM), event.title, (f"  {event.reason}", DIM)),)
        case LogLine():
            return (log_line(event),)
        case Probed():
            mark = ("✓ ", GOOD) if event.good else ("✗ ", WARN)
            return (line(mark, f"{event.streak}/{event.wanted}  {event.detail}", indent=4),)
        case DowntimeMeasured():
            return downtime_lines(event)
        case Advised():
            return advice_lines(event.finding)
        case _:
            assert_never(event)
