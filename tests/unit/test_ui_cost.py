"""How a release's cost, its advice and an examination look."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from deployctl.model.change import Finding
from deployctl.model.diagnosis import Diagnosis
from deployctl.model.event import DowntimeMeasured
from deployctl.model.examination import Answered, Examination
from deployctl.model.release import PhaseTime
from deployctl.model.rollout import RolloutReport
from deployctl.model.service import WorkloadRef
from deployctl.ui.downtime_view import advice_lines, downtime_lines
from deployctl.ui.examination_view import examination_lines
from deployctl.ui.rollout_view import rollout_line

BACKEND = WorkloadRef("Deployment", "backend")


def text(lines: tuple[object, ...]) -> str:
    return "".join(f"{getattr(line, 'plain', line)}\n" for line in lines)


def test_downtime_is_shown_in_its_parts_and_against_the_phases() -> None:
    phases = (PhaseTime("deployment/backend teardown", 1.2), PhaseTime("deployment/backend gap", 0.8))
    measured = DowntimeMeasured("backend", 3.5, 40, 7, unserved=3.0, wrong=0.5, switched=4.1, phases=phases)
    assert text(downtime_lines(measured)) == (
        "  backend was down for 3.5 s (7 of 40 requests failed)\n"
        "    not served 3.0 s, wrong answers 0.5 s, new version after 4.1 s\n"
        "    phases: teardown 1.2 s, gap 0.8 s\n"
    )


def test_advice_says_what_cost_time_what_was_measured_and_what_to_change() -> None:
    finding = Finding("advice-pull", "node1 pulled it in 4.8 s", "pod/b", ("gap: 6.0 s",), "bring it there before")
    assert text(advice_lines(finding)) == (
        "  advice: node1 pulled it in 4.8 s\n    gap: 6.0 s\n    next   bring it there before\n"
    )


@pytest.mark.parametrize(
    ("lasted", "usual", "told"),
    [
        (12.0, 9.0, "  (for 12 s (usually 9.0 s), 1 min 01 s left)"),
        (12.0, None, "  (for 12 s, 1 min 01 s left)"),
        (0.2, None, "  (1 min 01 s left)"),
        (0.2, 9.0, "  (for 0.2 s (usually 9.0 s), 1 min 01 s left)"),
    ],
)
def test_a_wait_says_how_long_it_lasts_and_what_is_usual(lasted: float, usual: float | None, told: str) -> None:
    report = RolloutReport(BACKEND, "gap", "pulls", 0, 1, 0, remaining=61.0, lasted=lasted, usual=usual)
    assert rollout_line(report).plain == f"deployment/backend  gap  0/1 ready  pulls{told}"
    assert "for" not in rollout_line(replace(report, phase="done", summary="")).plain


FATAL = Diagnosis(
    "pull-forbidden", "fatal", "it may not be pulled", "pod/b", ("403",), "grant it", "ARCH001", fails_old_too=True
)
NOTE = Diagnosis("not-applied", "note", "another image", "deployment/b", ("wanted: x",), "apply", "DEPLOY001")


def test_an_examination_begins_with_the_worst_and_keeps_notes_short() -> None:
    rollouts = (RolloutReport(BACKEND, "done", "1 of 1 pods Ready", 1, 1, 0),)
    health = (Answered("backend", good=True, detail="200"), Answered("web", good=False, detail="503"))
    found = Examination("prod", "ns", "https://c", (FATAL, NOTE), rollouts, health, ("Nodes: forbidden",))
    assert text(examination_lines(found, verbose=False)) == dedent("""\
        pull-forbidden: it may not be pulled
          where  pod/b
          seen   403
          seen   the previous version would fail in the same way: going back does not help
          next   grant it
          see    docs/troubleshooting.md#ARCH001
        not-applied: another image
          next   apply
          see    docs/troubleshooting.md#DEPLOY001
        prod  ns at https://c
          deployment/backend  done  1/1 ready  1 of 1 pods Ready
          ✓ backend answers: 200
          ✗ web answers: 503
          not known  Nodes: forbidden
        """)
    assert "wanted: x" in text(examination_lines(found, verbose=True))
