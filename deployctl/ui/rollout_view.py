"""Where the rollouts stand."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from deployctl.model.rollout import RolloutReport
from deployctl.ui.lines import BAD, DIM, GOOD, WARN, line, seconds


def waiting_lines(reports: tuple[RolloutReport, ...]) -> tuple[Text, ...]:
    """Those that are not done yet, with what looks bad about them; all of them once all are."""
    open_ones = tuple(report for report in reports if report.phase != "done")
    return tuple(text for report in open_ones or reports for text in (rollout_line(report), *_signs(report)))


PLAIN = ("not-ready", "init-running")
"""Signs that the phase's own line tells already."""
MOST = 3


def _signs(report: RolloutReport) -> Iterator[Text]:
    """What is watched and not fatal yet, or has passed; what a rollout failed of is told with its evidence after it."""
    if report.phase == "failed":
        return
    for sign in [d for d in report.diagnoses if d.cause not in PLAIN][:MOST]:
        yield line((f"{sign.cause}: ", WARN), sign.summary, indent=2)


STYLES = {"done": GOOD, "failed": BAD, "settling": GOOD}


def rollout_line(report: RolloutReport) -> Text:
    """Such as `deployment/backend  gap  0/1 ready, 1 old  pod … pulls its image  (4 min 50 s left)`."""
    told = (*_lasted(report), *((f"{seconds(report.remaining)} left",) if report.remaining is not None else ()))
    left = f"  ({', '.join(told)})" if told else ""
    old = f", {report.old} old" if report.old else ""
    return line(
        f"{report.workload}  ",
        (report.phase, STYLES.get(report.phase, WARN)),
        f"  {report.ready}/{report.wanted} ready{old}",
        f"  {report.summary}" if report.summary else "",
        (left, DIM),
    )


def _lasted(report: RolloutReport) -> tuple[str, ...]:
    """How long this phase has lasted, and what is usual."""
    if report.phase in ("done", "failed") or (report.lasted < 1 and report.usual is None):
        return ()
    usually = f" (usually {seconds(report.usual)})" if report.usual is not None else ""
    return (f"for {seconds(report.lasted)}{usually}",)
