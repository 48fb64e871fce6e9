"""A problem, a finding and a diagnosis as a person reads them at two in the morning: what, where, evidence, next."""

from __future__ import annotations

from rich.text import Text

from deployctl.model.change import Finding
from deployctl.model.diagnosis import Diagnosis
from deployctl.model.errors import Problem
from deployctl.ui.lines import BAD, BOLD, DIM, WARN, line

OLD_TOO: dict[bool | None, tuple[str, ...]] = {
    True: ("the previous version would fail in the same way: going back does not help",),
    False: ("the previous version would not fail in this way",),
}


def problem_lines(head: str, problem: Problem, style: str = BAD) -> tuple[Text, ...]:
    """`head` is the outcome in a word or two."""
    return (
        line((f"{head}: ", style), (problem.what, BOLD)),
        *_details(problem.where, problem.evidence, problem.action, problem.incident),
    )


def finding_lines(finding: Finding, *, refusal: bool) -> tuple[Text, ...]:
    """A reason to refuse, or a warning."""
    head = ("refused: ", BAD) if refusal else ("warning: ", WARN)
    what = (finding.what, BOLD) if refusal else finding.what
    return (line(head, what), *_details(finding.where, finding.evidence, finding.action, finding.incident))


def diagnosis_lines(diagnosis: Diagnosis) -> tuple[Text, ...]:
    """What was found to be wrong with the rollout."""
    style = BAD if diagnosis.severity == "fatal" else WARN
    too = OLD_TOO.get(diagnosis.fails_old_too, ())
    return (
        line((f"{diagnosis.cause}: ", style), (diagnosis.summary, BOLD)),
        *_details(diagnosis.object, (*diagnosis.evidence, *too), diagnosis.action, diagnosis.incident),
    )


def note_lines(diagnosis: Diagnosis) -> tuple[Text, ...]:
    """What is only worth saying: without its evidence."""
    return (
        line((f"{diagnosis.cause}: ", DIM), diagnosis.summary),
        *_details("", (), diagnosis.action, diagnosis.incident),
    )


def _details(where: str, evidence: tuple[str, ...], action: str, incident: str) -> tuple[Text, ...]:
    found = [line(("where  ", DIM), where, indent=2)] if where else []
    found += [line(("seen   ", DIM), one, indent=2) for one in evidence]
    found += [line(("next   ", DIM), action, indent=2)] if action else []
    found += [line(("see    ", DIM), f"docs/troubleshooting.md#{incident}", indent=2)] if incident else []
    return tuple(found)
