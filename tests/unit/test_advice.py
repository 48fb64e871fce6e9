"""Advice is given only where what was measured supports it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from recorded import after, recorded

from deployctl.model.course import Course, Outlived, Pull, Start
from deployctl.model.pod import Event, Running
from deployctl.model.probing import Measured
from deployctl.model.release import PhaseTime
from deployctl.model.rollout import Phase, World
from deployctl.model.rules.advice import advise
from deployctl.model.rules.family import family
from deployctl.model.rules.following import followed, seconds_of
from deployctl.model.rules.usual import usual_times
from deployctl.model.rules.watch import Baseline
from deployctl.model.service import WorkloadRef

BACKEND = WorkloadRef("Deployment", "backend")
DOWN, UP = Measured(40, 8, 4.0, 0.0), Measured(40, 0, 0.0, 0.0)


def template(**probe: int) -> dict[str, Any]:
    check = {"readinessProbe": {"httpGet": {"path": "/health"}, **probe}} if probe else {}
    return {"spec": {"containers": [{"name": "backend", **check}]}}


PROBED = template(periodSeconds=1)
QUIET = Course(BACKEND, "recreate", (("teardown", 1.0), ("gap", 1.0), ("startup", 1.0)), template=PROBED)
DEAF = replace(QUIET, spent=(("teardown", 30.4),), outlived=(Outlived("backend-1", 30),))
PULLED = replace(QUIET, spent=(("gap", 6.0),), pulls=(Pull("backend-2", "node1", "shop/backend:v2", 4.8),))
SETTLED = replace(QUIET, template=template(), spent=(("settling", 15.0),))


def starting(init: float, process: float, **probe: int) -> Course:
    return replace(QUIET, starts=(Start("backend-2", init, process),), template=template(**probe))


@pytest.mark.parametrize(
    ("course", "measured", "told"),
    [
        (QUIET, DOWN, []),
        (DEAF, DOWN, ["advice-sigterm"]),
        (DEAF, None, ["advice-sigterm"]),
        (DEAF, UP, []),
        (replace(DEAF, kind="rolling"), DOWN, []),
        (replace(DEAF, outlived=()), DOWN, []),
        (PULLED, DOWN, ["advice-pull"]),
        (PULLED, UP, []),
        (replace(PULLED, pulls=(Pull("b", "node1", "i", 0.4),)), DOWN, []),
        (SETTLED, UP, ["advice-readiness"]),
        (replace(SETTLED, spent=()), UP, []),
        (replace(SETTLED, spent=()), replace(DOWN, later=1.5), ["advice-readiness"]),
        (replace(SETTLED, template=PROBED), replace(DOWN, later=1.5), []),
        (starting(8, 2, periodSeconds=1), DOWN, ["advice-start-up"]),
        (starting(0, 1, periodSeconds=1), DOWN, []),
        (starting(0, 9, periodSeconds=1), UP, []),
    ],
)
def test_advice_needs_a_measured_reason(course: Course, measured: Measured | None, told: list[str]) -> None:
    assert [finding.id for finding in advise(course, measured, prefetched=False)] == told


@pytest.mark.parametrize(
    ("course", "words"),
    [
        (starting(8, 2, periodSeconds=1), "its init containers (8 s)"),
        (starting(0, 12, initialDelaySeconds=10, periodSeconds=1), "initialDelaySeconds of 10"),
        (starting(0, 10, periodSeconds=10), "periodSeconds of 10"),
        (starting(0, 30, periodSeconds=10), "its process (30 s)"),
        (starting(3, 4, periodSeconds=1), "its process (4 s)"),
    ],
)
def test_what_dominates_a_start_is_named(course: Course, words: str) -> None:
    (finding,) = advise(course, DOWN, prefetched=False)
    assert words in finding.what


def test_a_pull_in_spite_of_a_prefetch_is_another_advice() -> None:
    (without,), (with_it,) = advise(PULLED, DOWN, prefetched=False), advise(PULLED, DOWN, prefetched=True)
    assert ("no node had it yet" in without.what, "although" in with_it.what) == (True, True)


def test_pulls_and_starts_are_read_from_what_a_real_cluster_said() -> None:
    world = recorded("recreate-done")
    course = follow(world, Course(BACKEND, "recreate"))
    assert [(pull.image.rpartition(":")[2], pull.seconds) for pull in course.pulls] == [("v2", 0.033)]
    assert [start.init for start in course.starts] == [0.0]
    assert course.ready_at == 0.0


def follow(world: World, course: Course, at: float = 0.0) -> Course:
    workload = next(w for w in world.workloads if w.ref == BACKEND)
    return followed(course, family(world, workload, Baseline()), "startup", at, world.now)


@pytest.mark.parametrize(("seconds", "outlived"), [(27.0, []), (29.5, [30]), (31.0, [30])])
def test_an_old_pod_that_runs_until_its_grace_is_over_ignored_sigterm(seconds: float, outlived: list[int]) -> None:
    world = dying(recorded("recreate-teardown"), grace=30)
    assert [one.grace for one in follow(after(world, seconds), Course(BACKEND, "recreate")).outlived] == outlived


def test_a_short_grace_is_nobodys_fault() -> None:
    world = dying(recorded("recreate-teardown"), grace=2)
    assert follow(after(world, 3.0), Course(BACKEND, "recreate")).outlived == ()


def dying(world: World, grace: int) -> World:
    """The pods that go began to do so just now, and their containers run."""
    ends = world.now + timedelta(seconds=grace)
    pods = tuple(
        replace(
            pod, deleting=ends, grace=grace, containers=tuple(replace(c, state=Running(None)) for c in pod.containers)
        )
        if pod.deleting
        else pod
        for pod in world.pods
    )
    return replace(world, pods=pods)


def test_the_course_charges_each_second_to_the_phase_it_found() -> None:
    world = recorded("recreate-done")
    members = family(world, next(w for w in world.workloads if w.ref == BACKEND), Baseline())
    course = Course(BACKEND, "recreate")
    seen: tuple[tuple[float, Phase], ...] = (
        (0.0, "teardown"),
        (2.0, "gap"),
        (3.0, "startup"),
        (4.0, "gap"),
        (6.5, "done"),
    )
    for at, phase in seen:
        course = followed(course, members, phase, at, world.now)
    assert dict(course.spent) == {"teardown": 2.0, "gap": 3.5, "startup": 1.0}
    assert course.entered == 6.5


@pytest.mark.parametrize(("text", "seconds"), [("33ms", 0.033), ("4.5s", 4.5), ("1m2.5s", 62.5), ("1h0m1s", 3601.0)])
def test_durations_are_read_as_go_writes_them(text: str, seconds: float) -> None:
    assert seconds_of(text) == pytest.approx(seconds)


def test_usual_is_the_median_of_the_last_successful_releases() -> None:
    from worlds import NOW

    from deployctl.model.release import OutcomeName, Release

    def release(number: int, seconds: float, *, good: bool = True) -> Release:
        outcome: OutcomeName = "done" if good else "failed"
        gap = (PhaseTime("deployment/backend gap", seconds),)
        return Release(
            number, "release", "prod", (), NOW, NOW, outcome, "me", "", git_dirty=False, fingerprint="", downtime=None,
            phases=gap,
        )  # fmt: skip

    history = (release(7, 99.0, good=False), *(release(n, float(n)) for n in (6, 5, 4, 3, 2, 1)))
    assert usual_times(history) == {"deployment/backend gap": 4.0}
    assert usual_times(()) == {}


def test_an_image_that_was_on_the_node_is_no_pull() -> None:
    world = recorded("recreate-done")
    there = tuple(replace(e, message="Container image already present on machine") if e.reason == "Pulled" else e
                  for e in world.events)  # fmt: skip
    assert any(isinstance(e, Event) and e.reason == "Pulled" for e in there)
    assert follow(replace(world, events=there), Course(BACKEND, "recreate")).pulls == ()
