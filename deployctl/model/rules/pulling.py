"""How a node gets on with pulling images before a release: judged by the same table as a rollout's pulls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.plan import Pull
from deployctl.model.pod import Container, Pod, Waiting
from deployctl.model.rollout import World
from deployctl.model.rules.case import Case
from deployctl.model.rules.container_signs import NOT_STARTED, bad_image_name, pull_failed
from deployctl.model.rules.fail_fast import ripen
from deployctl.model.rules.family import Family
from deployctl.model.rules.pod_signs import sandbox_failed
from deployctl.model.rules.watch import Watch
from deployctl.model.workload import Workload

PULLED = ("CreateContainerConfigError", *NOT_STARTED)
"""What a container waits with whose image is there already."""


@dataclass(frozen=True)
class Pulling:
    """One node at one look."""

    pull: Pull
    phase: Literal["pulling", "done", "failed", "given-up"]
    """failed: no pod on this node could pull them. given-up: this pod will not tell, and the new pods may yet do."""
    summary: str
    brought: tuple[Container, ...] = ()
    """The containers whose image the node has now."""
    diagnoses: tuple[Diagnosis, ...] = ()


def assess_pull(world: World, pull: Pull, uid: str, workload: Workload, watch: Watch) -> tuple[Pulling, Watch]:
    """`uid` is the short pod's, `workload` the one whose images it pulls, as it will be. Pure; what it must remember is
    in the watch that it gives back."""
    pod = next((pod for pod in world.pods if pod.uid == uid), None)
    if pod is None or pod.deleting:
        return Pulling(pull, "given-up", "the pod that pulled was deleted by somebody else"), watch
    brought = tuple(container for container in pod.containers if _has_image(container))
    if len(brought) == len(pull.images):
        return Pulling(pull, "done", f"{pull.node} has {', '.join(pull.images)}", brought), watch
    node = next((node for node in world.nodes if node.name == pull.node), None)
    if pod.ended or (node is not None and node.lost):
        return Pulling(pull, "given-up", _why_ended(pod) if pod.ended else f"{pull.node} is not Ready", brought), watch
    found, memory = ripen(_signs(world, pod, workload, watch), watch.memory, watch, world.now)
    watch = replace(watch, memory=memory)
    failed = any(d.severity == "fatal" for d in found)
    words = found[0].summary if found else f"{pull.node} pulls {', '.join(pull.images)}"
    return Pulling(pull, "failed" if failed else "pulling", words, brought, found), watch


def _has_image(container: Container) -> bool:
    state = container.state
    return bool(container.image_id) or (isinstance(state, Waiting) and state.reason in PULLED)


def _why_ended(pod: Pod) -> str:
    told = ": ".join(filter(None, (pod.reason, pod.message)))
    return f"{pod.node} did not run the pod that pulls: {told or pod.phase}"


def _signs(world: World, pod: Pod, workload: Workload, watch: Watch) -> tuple[Diagnosis, ...]:
    case = Case(pod, _alone(world, pod, workload), watch)
    of_containers = (rule(case, c) for c in pod.containers for rule in (bad_image_name, pull_failed))
    return tuple(d for d in (*of_containers, sandbox_failed(case)) if d)


def _alone(world: World, pod: Pod, workload: Workload) -> Family:
    """The table judges members of a family; this pod is the only one of its own."""
    events = tuple(event for event in world.events if event.uid == pod.uid)
    return Family(workload, None, (), (pod,), (), (), (), events, world.nodes)
