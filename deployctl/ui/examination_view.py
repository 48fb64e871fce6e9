"""What is wrong, at two in the morning: the worst first, then where everything stands."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.examination import Answered, Examination
from deployctl.ui.lines import BOLD, DIM, GOOD, WARN, line
from deployctl.ui.problem_view import diagnosis_lines, note_lines
from deployctl.ui.rollout_view import rollout_line


def examination_lines(found: Examination, *, verbose: bool) -> tuple[Text, ...]:
    """Causes before everything else, so that the first lines say what it is."""
    return (
        *(text for diagnosis in found.diagnoses for text in _told(diagnosis, verbose=verbose)),
        line((found.environment, BOLD), f"  {found.namespace} at {found.cluster}"),
        *(line("", rollout_line(report).plain, indent=2) for report in found.rollouts),
        *_health(found.health),
        *(line(("not known  ", DIM), one, indent=2) for one in found.unknown),
    )


def _told(diagnosis: Diagnosis, *, verbose: bool) -> tuple[Text, ...]:
    brief = diagnosis.severity == "note" and not verbose
    return note_lines(diagnosis) if brief else diagnosis_lines(diagnosis)


def _health(answers: tuple[Answered, ...]) -> Iterator[Text]:
    for one in answers:
        yield line(("✓ ", GOOD) if one.good else ("✗ ", WARN), f"{one.service} answers: {one.detail}", indent=2)
