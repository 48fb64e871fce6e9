"""The ordered queue of a release, published before it runs."""

from __future__ import annotations

from deployctl.model.change import FileEdit, ObjectChange
from deployctl.model.plan import (
    ApplyStep,
    AwaitStep,
    BuildStep,
    BumpStep,
    CommitStep,
    HealthStep,
    LeftoversStep,
    PrefetchStep,
    RecordStep,
    RestartStep,
    ServicePlan,
    Step,
    TagStep,
    Transition,
    VerifyStep,
)
from deployctl.model.request import ReleaseRequest
from deployctl.model.snapshot import Snapshot
from deployctl.planning.in_the_way import leftover_names


def steps(
    request: ReleaseRequest,
    snapshot: Snapshot,
    services: tuple[ServicePlan, ...],
    changes: tuple[ObjectChange, ...],
    moves: tuple[Transition, ...],
    prefetch: tuple[PrefetchStep, ...] = (),
) -> tuple[Step, ...]:
    """Everything in order; empty when there is nothing to do. Images are brought to the nodes before the overlay is
    touched, for where that fails nothing shall be left behind."""
    touched = sum(1 for change in changes if change.action != "unchanged")
    bumped = tuple(edit for edit in snapshot.edits if edit.changes)
    builds = _builds(services)
    left = leftover_names(snapshot, moves) if request.remove_leftovers else ()
    if not builds and not bumped and not touched and not moves:
        return ()
    return (
        *builds,
        *prefetch,
        *((BumpStep(bumped),) if bumped else ()),
        *((LeftoversStep(left),) if left else ()),
        *((ApplyStep(touched),) if touched else ()),
        *(RestartStep(move.workload) for move in moves if move.restart),
        *((AwaitStep(moves, request.delete_stuck_pod),) if moves else ()),
        *_health(snapshot, services),
        VerifyStep(tuple(s.service.name for s in services)),
        *_tags(request, services),
        *_commit(request, services, bumped),
        RecordStep(", ".join(f"{s.service.name} {s.version}" for s in services)),
    )


def _builds(services: tuple[ServicePlan, ...]) -> tuple[Step, ...]:
    return tuple(BuildStep(s.service.name, s.image) for s in services if s.build)


def _tags(request: ReleaseRequest, services: tuple[ServicePlan, ...]) -> tuple[Step, ...]:
    """After the verification: a tag such as `prod-latest` says what production runs. A rollback moves none."""
    if request.operation == "rollback":
        return ()
    return tuple(TagStep(s.service.name, s.image, s.extra_tags) for s in services if s.extra_tags)


def _health(snapshot: Snapshot, services: tuple[ServicePlan, ...]) -> tuple[Step, ...]:
    url = snapshot.environment.url.rstrip("/")
    checked = ((s.service.name, s.service.health) for s in services)
    return tuple(HealthStep(name, url + health.path) for name, health in checked if health and url)


def _commit(
    request: ReleaseRequest, services: tuple[ServicePlan, ...], bumped: tuple[FileEdit, ...]
) -> tuple[Step, ...]:
    """After the verification, so that git never says that something was released which was not."""
    if not request.commit or not bumped:
        return ()
    paths = tuple(edit.path for edit in bumped)
    return (CommitStep(paths, commit_message(request, services)),)


def commit_message(request: ReleaseRequest, services: tuple[ServicePlan, ...]) -> str:
    """Such as `Release backend 0.8.8`."""
    verb = "Release" if request.operation == "release" else "Roll back"
    joint = " " if request.operation == "release" else " to "
    return f"{verb} " + ", ".join(f"{s.service.name}{joint}{s.version or s.image.tag}" for s in services)
