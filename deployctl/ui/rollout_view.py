"""Where the rollouts stand."""

from __future__ import annotations

from rich.text import Text

from deployctl.model.rollout import RolloutReport
from deployctl.ui.lines import BAD, DIM, GOOD, WARN, line, seconds

STYLES = {"done": GOOD, "failed": BAD, "settling": GOOD}


def rollout_line(report: RolloutReport) -> Text:
    """Such as `deployment/backend  gap  0/1 ready, 1 old  pod … pulls its image  (4 min 50 s left)`."""
    left = f"  ({seconds(report.remaining)} left)" if report.remaining is not None else ""
    old = f", {report.old} old" if report.old else ""
    return line(
        f"{report.workload}  ",
        (report.phase, STYLES.get(report.phase, WARN)),
        f"  {report.ready}/{report.wanted} ready{old}",
        f"  {report.summary}" if report.summary else "",
        (left, DIM),
    )
