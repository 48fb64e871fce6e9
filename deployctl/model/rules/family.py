"""Which pods belong to a workload, and which of them run its current revision."""

from __future__ import annotations

from dataclasses import dataclass

from deployctl.model.json import text
from deployctl.model.node import Node
from deployctl.model.pod import Event, Pod
from deployctl.model.rollout import World
from deployctl.model.rules.watch import Baseline
from deployctl.model.workload import Revision, Workload

REVISION_HASH = "controller-revision-hash"
TEMPLATE_GENERATION = "pod-template-generation"
DAEMON_GENERATION = "deprecated.daemonset.template.generation"


@dataclass(frozen=True)
class Family:
    """A workload with its pods, sorted by the revision they run."""

    workload: Workload
    revision: Revision | None
    """The current ReplicaSet of a Deployment; None for other kinds, and before the controller has made it."""
    revisions: tuple[Revision, ...]
    """All ReplicaSets of a Deployment."""
    new: tuple[Pod, ...]
    """Of the current revision, neither ended nor being deleted."""
    old: tuple[Pod, ...]
    """Of former revisions: those that run, and those that are still terminating."""
    leaving: tuple[Pod, ...]
    """Of the current revision, but being deleted."""
    ended: tuple[Pod, ...]
    """Failed (evicted, say) or Succeeded pods of any revision that nobody has removed."""
    events: tuple[Event, ...]
    """About the workload, its ReplicaSets and its pods."""
    nodes: tuple[Node, ...] = ()
    """As far as they could be read."""

    @property
    def ready(self) -> tuple[Pod, ...]:
        return tuple(pod for pod in self.new if pod.ready)

    @property
    def unready(self) -> tuple[Pod, ...]:
        return tuple(pod for pod in self.new if not pod.ready)

    def node(self, name: str) -> Node | None:
        return next((node for node in self.nodes if node.name == name), None)

    def events_of(self, uid: str) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.uid == uid)


def current_revision(workload: Workload, revisions: tuple[Revision, ...]) -> Revision | None:
    """The ReplicaSet that runs the workload's template, as the controller finds it: the oldest of equal ones."""
    equal = [r for r in revisions if r.is_of(workload.template)]
    return min(equal, key=lambda r: (r.created is None, r.created, r.name), default=None)


def family(world: World, workload: Workload, baseline: Baseline) -> Family:
    """Sort the world's pods for one workload. Pods whose ReplicaSet is gone already still count as old ones."""
    revisions = tuple(r for r in world.revisions if r.owner == workload.uid)
    revision = current_revision(workload, revisions)
    owners = {workload.uid, *(r.uid for r in revisions), *baseline.revisions}
    pods = tuple(pod for pod in world.pods if pod.owner and pod.owner in owners)
    ended = tuple(pod for pod in pods if pod.ended and not pod.deleting)
    present = tuple(pod for pod in pods if pod not in ended)
    current = tuple(pod for pod in present if runs_current(pod, workload, revision, baseline))
    uids = {workload.uid, *(r.uid for r in revisions), *(pod.uid for pod in pods)}
    return Family(
        workload=workload,
        revision=revision,
        revisions=revisions,
        new=tuple(pod for pod in current if not pod.deleting),
        old=tuple(pod for pod in present if pod not in current),
        leaving=tuple(pod for pod in current if pod.deleting),
        ended=ended,
        events=tuple(event for event in world.events if event.uid in uids),
        nodes=world.nodes,
    )


def runs_current(pod: Pod, workload: Workload, revision: Revision | None, baseline: Baseline) -> bool:
    """Whether a pod runs the workload's current template, by the rule of the workload's own controller."""
    if workload.ref.kind == "Deployment":
        return revision is not None and pod.owner == revision.uid
    if workload.ref.kind == "StatefulSet":
        return text(pod.labels, REVISION_HASH) == text(workload.status, "updateRevision")
    if workload.ref.kind == "DaemonSet":
        generation = text(workload.annotations, DAEMON_GENERATION)
        if not generation:  # an API server that no longer keeps it: pods from before are old if something changed
            changed = bool(baseline.template) and baseline.template != workload.template
            return not changed or pod.uid not in baseline.pods
        return text(pod.labels, TEMPLATE_GENERATION) == generation
    return True
