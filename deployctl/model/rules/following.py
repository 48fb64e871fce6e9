"""How a rollout's course grows from look to look: pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from deployctl.model.course import Course, Outlived, Pull, Start
from deployctl.model.pod import Pod, Running, Terminated
from deployctl.model.rollout import Phase
from deployctl.model.rules.family import Family

PULLED = re.compile(r'Successfully pulled image "(?P<image>[^"]+)" in (?P<time>[\d.hmsµun]+)')
PART = re.compile(r"(?P<number>[\d.]+)(?P<unit>h|ms|m|s|µs|us|ns)")
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "us": 1e-6, "ns": 1e-9}
WORTH = 5
"""Seconds of grace below which it does not matter who used it up."""
KILLED = 137
"""The exit code of SIGKILL."""


def followed(course: Course, members: Family, phase: Phase, at: float, now: datetime) -> Course:
    """The course after one more look. The time since the last one is charged to the phase that it found."""
    spent = dict(course.spent)
    if course.since is not None:
        spent[course.phase] = spent.get(course.phase, 0.0) + at - course.since
    ready = bool(members.ready) and course.kind != "none"
    return replace(
        course,
        spent=tuple(spent.items()),
        phase=phase,
        since=at,
        entered=course.entered if phase == course.phase and course.entered is not None else at,
        ready_at=at if ready and course.ready_at is None else course.ready_at,
        template=members.workload.template,
        outlived=tuple(dict.fromkeys((*course.outlived, *_outlived(members, now)))),
        pulls=tuple(dict.fromkeys((*course.pulls, *_pulls(members)))),
        starts=_newest(course.starts, _starts(members)),
    )


def _newest(known: tuple[Start, ...], seen: Iterator[Start]) -> tuple[Start, ...]:
    return tuple({start.pod: start for start in (*known, *seen)}.values())


def _outlived(members: Family, now: datetime) -> Iterator[Outlived]:
    """A deletionTimestamp is the end of the grace period, in whole seconds."""
    for pod in (*members.old, *members.leaving):
        if pod.deleting and pod.grace >= WORTH and (_is_at_its_end(pod, now) or _was_killed(pod)):
            yield Outlived(pod.name, pod.grace)


def _is_at_its_end(pod: Pod, now: datetime) -> bool:
    runs = any(isinstance(c.state, Running) for c in pod.containers)
    return runs and pod.deleting is not None and now >= pod.deleting - timedelta(seconds=1)


def _was_killed(pod: Pod) -> bool:
    ends = [c.state for c in pod.containers if isinstance(c.state, Terminated)]
    asked = pod.deleting - timedelta(seconds=pod.grace) if pod.deleting else None
    return any(
        e.exit_code == KILLED and e.reason != "OOMKilled" and asked and e.finished
        and (e.finished - asked).total_seconds() >= pod.grace - 1
        for e in ends
    )  # fmt: skip


def _pulls(members: Family) -> Iterator[Pull]:
    """By the kubelet's own words, which a node that has the image already says otherwise."""
    for pod in (*members.new, *members.leaving):
        for event in members.events_of(pod.uid):
            if event.reason == "Pulled" and (found := PULLED.search(event.message)):
                yield Pull(pod.name, pod.node, found["image"], seconds_of(found["time"]))


def seconds_of(duration: str) -> float:
    """Go's way to write one: `1m2.5s`, `850ms`."""
    return sum(float(part["number"]) * UNITS[part["unit"]] for part in PART.finditer(duration))


def _starts(members: Family) -> Iterator[Start]:
    for pod in members.ready:
        ready = pod.condition("Ready")
        begun = [c.state.started for c in pod.containers if isinstance(c.state, Running) and not c.init]
        times = [start for start in begun if start]
        if ready and ready.since and times and not pod.restarts:
            process = (ready.since - max(times)).total_seconds()
            yield Start(pod.name, _init_time(pod), max(0.0, process))


def _init_time(pod: Pod) -> float:
    ends = (c.state for c in pod.containers if c.init and isinstance(c.state, Terminated))
    return sum((e.finished - e.started).total_seconds() for e in ends if e.finished and e.started)
