"""Pods that would stall a rollout: named in the plan, and removed only where somebody has asked for it."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.change import Finding
from deployctl.model.plan import PodName, Transition
from deployctl.model.pod import Pod
from deployctl.model.request import ReleaseRequest
from deployctl.model.rules.case import evident
from deployctl.model.rules.completeness import is_manual
from deployctl.model.rules.family import family
from deployctl.model.rules.watch import Baseline
from deployctl.model.snapshot import Snapshot
from deployctl.planning.transitions import live_workload

SHOWN = 5


def leftovers(snapshot: Snapshot, moves: tuple[Transition, ...]) -> tuple[tuple[Transition, tuple[Pod, ...]], ...]:
    """Failed (evicted, say) pods of each workload that is recreated."""
    found = ((move, _failed(snapshot, move)) for move in moves if move.kind == "recreate")
    return tuple((move, pods) for move, pods in found if pods)


def _failed(snapshot: Snapshot, move: Transition) -> tuple[Pod, ...]:
    live = live_workload(snapshot.world, move.workload)
    ended = family(snapshot.world, live, Baseline()).ended if live else ()
    return tuple(pod for pod in ended if pod.phase == "Failed")


def leftover_names(snapshot: Snapshot, moves: tuple[Transition, ...]) -> tuple[PodName, ...]:
    """What a step would remove."""
    return tuple(PodName(pod.name, pod.uid) for _, pods in leftovers(snapshot, moves) for pod in pods)


def in_the_way(request: ReleaseRequest, snapshot: Snapshot, moves: tuple[Transition, ...]) -> Iterator[Finding]:
    """Warnings of a plan."""
    kubectl = f"kubectl -n {snapshot.environment.namespace}"
    for move, pods in leftovers(snapshot, moves):
        if not request.remove_leftovers:
            yield Finding(
                "leftover-pods",
                f"{len(pods)} failed or evicted pods of {move.workload} were left behind; "
                "they can stall a Recreate (kubernetes/kubernetes#128798)",
                str(move.workload),
                tuple(evident(f"pod/{p.name}: {p.phase} {p.reason}: {p.message}") for p in pods[:SHOWN]),
                f"add --remove-leftovers, or: {kubectl} delete pod {' '.join(p.name for p in pods[:SHOWN])}",
            )
    for move in moves:
        if move.kind == "ordered" and move.workload.kind == "StatefulSet" and not request.delete_stuck_pod:
            yield from _stuck(snapshot, move, kubectl)


def _stuck(snapshot: Snapshot, move: Transition, kubectl: str) -> Iterator[Finding]:
    """A StatefulSet's controller waits for its broken pod before it makes a better one."""
    live = live_workload(snapshot.world, move.workload)
    if live is None or is_manual(live) or live.spec.get("podManagementPolicy") == "Parallel":
        return
    members = family(snapshot.world, live, Baseline())
    bad = [p for p in (*members.new, *members.old) if not p.ready and not p.deleting]
    for pod in bad[:1]:
        yield Finding(
            "statefulset-stuck-pod",
            f"pod {pod.name} is not Ready: {move.workload} may keep it, and update none, until it is deleted",
            f"pod/{pod.name}",
            (),
            f"add --delete-stuck-pod, which deletes it when that turns out so; or: {kubectl} delete pod {pod.name}",
        )
