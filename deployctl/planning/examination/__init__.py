"""From one look at the world to everything that is wrong with it: pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.examination import Answered, Examination, Present
from deployctl.model.rollout import RolloutReport
from deployctl.planning.examination.balancers import balancers
from deployctl.planning.examination.certificates import unissued
from deployctl.planning.examination.drift import drift
from deployctl.planning.examination.images import images
from deployctl.planning.examination.look import reports
from deployctl.planning.examination.planned import never_deployed
from deployctl.planning.examination.restart import latent, worded
from deployctl.planning.examination.telling import folded, grouped
from deployctl.planning.examination.ways import answers, ways

__all__ = ["examine"]

ORDER = {"fatal": 0, "waiting": 1, "note": 2}


def examine(present: Present) -> Examination:
    """The worst first; among equals what pods show, then the way to them, then what would keep them from starting
    again, then what the next release would meet."""
    nowhere = never_deployed(present)
    if nowhere is not None:
        return _examination(present, (), (nowhere,))
    looked = reports(present)
    shown = tuple((str(report.workload), d) for report in looked for d in report.diagnoses)
    signs, proofs = folded(shown, latent(present))
    outside = tuple(d for d in proofs if d.object.startswith("ingress/"))
    asleep = tuple(d for d in proofs if d not in outside)
    found = (
        *grouped(signs),
        *outside,
        *ways(present),
        *unissued(present),
        *worded(asleep),
        *answers(present),
        *images(present),
        *drift(present),
        *balancers(present),
        *_releasing(present),
    )
    return _examination(present, looked, tuple(dict.fromkeys(found)))


def _releasing(present: Present) -> Iterator[Diagnosis]:
    """What is on its way may be somebody's release; nothing of that is wrong by itself."""
    if present.releasing:
        what = f"a release is running, so that some of this may pass: {present.releasing}"
        yield Diagnosis("release-running", "note", what, f"environment {present.snapshot.environment.name}")


def _examination(present: Present, looked: tuple[RolloutReport, ...], found: tuple[Diagnosis, ...]) -> Examination:
    environment = present.snapshot.environment
    return Examination(
        environment=environment.name,
        namespace=environment.namespace,
        cluster=present.snapshot.server,
        diagnoses=tuple(sorted(found, key=lambda d: ORDER[d.severity])),
        rollouts=tuple(replace(report, diagnoses=()) for report in looked),
        health=tuple(Answered(name, v.good, v.detail) for name, v in present.snapshot.health.items()),
        unknown=present.unknown,
    )
