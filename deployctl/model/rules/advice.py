"""Advice that pays: what would have made this release shorter, by what was measured in it, never by guesses."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.change import Finding
from deployctl.model.course import Course, Start
from deployctl.model.json import Json, items, mapping, number
from deployctl.model.probing import Measured

WORTH = 2.0
"""Seconds that an advice must be able to save."""
MOST = 0.5
"""The part of a start-up from which something dominates it."""


def advise(course: Course, measured: Measured | None, *, prefetched: bool) -> tuple[Finding, ...]:
    """For one workload. `measured` is its service's own, None where nobody asked; then only what took time is said.
    `prefetched`: the images had been brought to the nodes before anything was torn down."""
    down = measured is None or measured.seconds > 0
    found: list[Finding] = []
    if down and course.kind == "recreate":
        found += _termination(course)
        found += _pulled(course, prefetched=prefetched)
    found += _unready(course, measured)
    if down and course.kind in ("recreate", "ordered"):
        found += _start_up(course)
    return tuple(found)


def _termination(course: Course) -> Iterator[Finding]:
    spent = course.spent_in("teardown")
    for one in course.outlived[:1]:
        if spent >= WORTH:
            yield Finding(
                "advice-sigterm",
                f"the old process of {course.workload} ignored SIGTERM and used up its grace period of {one.grace} s",
                f"pod/{one.pod}",
                (f"stopping the old pods took {spent:.1f} s",),
                "let the process end on SIGTERM (a shell as PID 1 does not pass it on: write CMD as a list, or exec), "
                "or lower terminationGracePeriodSeconds",
            )


def _pulled(course: Course, *, prefetched: bool) -> Iterator[Finding]:
    longest = max(course.pulls, key=lambda pull: pull.seconds, default=None)
    if longest is None or longest.seconds < WORTH:
        return
    why = "although images had been brought to the nodes" if prefetched else "while nothing served: no node had it yet"
    action = (
        "was the pod placed on a node that was no candidate? see the plan's list of nodes"
        if prefetched
        else 'set prefetch = "candidates" in [policies]: then the nodes pull while the old pods serve'
    )
    what = f"{longest.node} pulled {longest.image} in {longest.seconds:.1f} s {why}"
    yield Finding("advice-pull", what, f"pod/{longest.pod}", (f"gap: {course.spent_in('gap'):.1f} s",), action)


def _unready(course: Course, measured: Measured | None) -> Iterator[Finding]:
    """Without a readiness probe a pod is Ready before its process is, and users meet it."""
    without = [c for c in items(course.template, "spec", "containers") if not mapping(c, "readinessProbe")]
    late = measured.later if measured else 0.0
    settling = course.spent_in("settling")
    if not without or (late <= 0 and settling < WORTH):
        return
    names = ", ".join(str(c.get("name")) for c in without)
    evidence = [f"{late:.1f} s not answered rightly after the pod was called Ready"] if late > 0 else []
    evidence += (
        [f"{settling:.1f} s of watching for restarts, which a probe makes needless"] if settling >= WORTH else []
    )
    yield Finding(
        "advice-readiness",
        f"{course.workload} has no readiness probe, so it counts as Ready before it can answer",
        f"{course.workload}: container {names}",
        tuple(evidence),
        "give it a readinessProbe that asks for its health",
    )


def _start_up(course: Course) -> Iterator[Finding]:
    """What dominated the slowest pod's way from its node to Ready."""
    slowest = max(course.starts, key=lambda s: s.init + s.process, default=None)
    if slowest is None or slowest.init + slowest.process < WORTH:
        return
    evidence = (f"init containers {slowest.init:.0f} s, process until Ready {slowest.process:.0f} s",)
    what, action = _dominated(course, slowest)
    yield Finding("advice-start-up", f"the start of {course.workload} was dominated by {what}", f"pod/{slowest.pod}",
                  evidence, action)  # fmt: skip


def _dominated(course: Course, slowest: Start) -> tuple[str, str]:
    delay, period = _probe_times(course.template)
    if slowest.init >= MOST * (slowest.init + slowest.process):
        return (
            f"its init containers ({slowest.init:.0f} s)",
            "shorten them, or do their work in a Job before the release",
        )
    if delay >= MOST * slowest.process:
        return (
            f"its readiness probe's initialDelaySeconds of {delay:.0f}",
            "lower initialDelaySeconds; a startupProbe with a short period is the better way to wait",
        )
    if period >= MOST * slowest.process and slowest.process <= delay + period + 1:
        return (
            f"its readiness probe's periodSeconds of {period:.0f}: it is asked that seldom",
            "lower periodSeconds, or add a startupProbe with a short period",
        )
    return (
        f"its process ({slowest.process:.0f} s)",
        "look at what it does before it answers: migrations, caches, imports",
    )


def _probe_times(template: Json) -> tuple[float, float]:
    """The longest initial delay and period of the readiness probes; unless told otherwise it is asked every 10 s."""
    probes = [p for c in items(template, "spec", "containers") if (p := mapping(c, "readinessProbe"))]
    delay = max((number(p, "initialDelaySeconds") for p in probes), default=0)
    period = max((number(p, "periodSeconds") or 10 for p in probes), default=0)
    return float(delay), float(period)
