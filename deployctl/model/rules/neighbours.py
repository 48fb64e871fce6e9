"""What else is not well in the namespace: where a service misses one that it depends on, it is often there to see."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.pod import Pod
from deployctl.model.rollout import World
from deployctl.model.rules.case import evident
from deployctl.model.rules.summaries import pod_line

MOST = 5


def sick_pods(world: World) -> tuple[str, ...]:
    """A line for each pod that should be Ready and is not, with its node where that is lost."""
    return tuple(evident(line) for line in _lines(world))[:MOST]


def _lines(world: World) -> Iterator[str]:
    lost = {node.name for node in world.nodes if node.lost}
    for pod in world.pods:
        if not pod.ready and not pod.ended and not pod.deleting:
            yield f"{pod_line(pod)}, {_why(pod, lost)}"


def _why(pod: Pod, lost: set[str]) -> str:
    return f"not Ready: its node {pod.node} is not Ready" if pod.node in lost else "not Ready"
