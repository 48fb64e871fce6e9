"""How each workload's pods give way to the next ones."""

from __future__ import annotations

from deployctl.model.change import ObjectChange
from deployctl.model.image import Image
from deployctl.model.plan import ServicePlan, Transition, TransitionKind
from deployctl.model.pod import Container
from deployctl.model.request import ReleaseRequest
from deployctl.model.rollout import World
from deployctl.model.rules.images import same_repository
from deployctl.model.service import WORKLOAD_KINDS, WorkloadRef
from deployctl.model.snapshot import Snapshot
from deployctl.model.workload import Workload, parse_workload
from deployctl.planning.changes import named_workloads
from deployctl.planning.settled import is_settled, pods_of

RESTARTABLE = ("Deployment", "StatefulSet", "DaemonSet")


def transitions(
    request: ReleaseRequest, snapshot: Snapshot, services: tuple[ServicePlan, ...], changes: tuple[ObjectChange, ...]
) -> tuple[Transition, ...]:
    """One for each workload whose pods will be replaced, and one for each named workload that still has to settle:
    a release that was killed after its apply is finished by the next."""
    named = named_workloads(snapshot, services)
    by_ref = {WorkloadRef(c.ref.kind, c.ref.name): c for c in changes if c.ref.kind in WORKLOAD_KINDS}
    found = (_transition(request, snapshot, services, by_ref[ref], ref, ref in named) for ref in by_ref)
    return tuple(t for t in found if t is not None)


def _transition(
    request: ReleaseRequest,
    snapshot: Snapshot,
    services: tuple[ServicePlan, ...],
    change: ObjectChange,
    ref: WorkloadRef,
    named: bool,
) -> Transition | None:
    manifest = next(m for m in snapshot.manifests if m.ref == change.ref)
    kind = transition_kind(parse_workload(snapshot.predicted.get(change.ref, manifest).body))
    live = live_workload(snapshot.world, ref)
    if change.rolls or change.action == "create" or (kind == "at-next-run" and change.action == "change"):
        return Transition(ref, kind, named=named)
    if not named or live is None:
        return None
    if request.restart and ref.kind in RESTARTABLE and _is_of_service(services, ref):
        return Transition(ref, kind, restart=True)
    if ref.kind in RESTARTABLE and not is_settled(snapshot, live):
        return Transition(ref, kind)
    return None


def _is_of_service(services: tuple[ServicePlan, ...], ref: WorkloadRef) -> bool:
    return any(ref in s.service.workloads for s in services)


def live_workload(world: World, ref: WorkloadRef) -> Workload | None:
    """The workload as the cluster has it."""
    return next((w for w in world.workloads if w.ref == ref), None)


def transition_kind(workload: Workload) -> TransitionKind:
    """What the manifest says about replacing pods."""
    match workload.ref.kind:
        case "Deployment":
            return "recreate" if workload.strategy == "Recreate" else "rolling"
        case "StatefulSet" | "DaemonSet":
            return "manual" if workload.strategy == "OnDelete" else "ordered"
        case "CronJob":
            return "at-next-run"
        case _:
            return "none"


def serving_containers(world: World, workload: Workload, image: Image) -> tuple[Container, ...]:
    """The containers in a workload's Ready pods that run the image's repository; sidecars do not count."""
    names = frozenset(c.name for c in workload.containers if same_repository(c.image, image.name))
    return tuple(
        container
        for pod in pods_of(world, workload)
        if pod.ready
        for container in pod.containers
        if container.name in names
    )


def running_digests(world: World, image: Image) -> tuple[str, ...]:
    """The digests at which Ready pods run this image's repository, sorted, each once."""
    found = {
        container.image_id.rpartition("@")[2]
        for workload in world.workloads
        if workload.ref.kind in RESTARTABLE
        for container in serving_containers(world, workload, image)
    }
    return tuple(sorted(found - {""}))
