"""What a release cost its users, against what it was doing meanwhile; and how the next one may cost less."""

from __future__ import annotations

from rich.text import Text

from deployctl.model.change import Finding
from deployctl.model.event import DowntimeMeasured
from deployctl.ui.lines import BOLD, DIM, WARN, line, seconds


def downtime_lines(measured: DowntimeMeasured) -> tuple[Text, ...]:
    """Such as `backend was down for 3.4 s (7 of 40 requests failed)`, then its parts and the phases."""
    what = f"down for {seconds(measured.seconds)}" if measured.failures else "never down"
    asked = f" ({measured.failures} of {measured.requests} requests failed)"
    parts = [f"not served {seconds(measured.unserved)}"] if measured.unserved else []
    parts += [f"wrong answers {seconds(measured.wrong)}"] if measured.wrong else []
    parts += [f"new version after {seconds(measured.switched)}"] if measured.switched is not None else []
    phases = [f"{time.name.rpartition(' ')[2]} {seconds(time.seconds)}" for time in measured.phases]
    return (
        line((f"{measured.service} was {what}", BOLD), (asked, DIM), indent=2),
        *((line((", ".join(parts), DIM), indent=4),) if parts else ()),
        *((line(("phases: " + ", ".join(phases), DIM), indent=4),) if phases else ()),
    )


def advice_lines(finding: Finding) -> tuple[Text, ...]:
    """What cost time, what was measured, and what to change."""
    return (
        line(("advice: ", WARN), finding.what, indent=2),
        *(line((one, DIM), indent=4) for one in finding.evidence),
        line(("next   ", DIM), finding.action, indent=4),
    )
