"""Images on Docker Hub that the nodes are known, or likely, not to reach (K8S-001)."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.change import Finding
from deployctl.model.image import DOCKER_HUB, host_of, parse_image
from deployctl.model.json import text
from deployctl.model.node import Node
from deployctl.model.pod import Waiting
from deployctl.model.rollout import World
from deployctl.model.rules.pull_errors import classify_pull_error
from deployctl.planning.proofs.proof import Proof
from deployctl.planning.proofs.scope import Scope, candidates, images_in

INCIDENT = "K8S-001"
REGION = "topology.kubernetes.io/region"
ACTION = "copy it into your own registry and name that in the overlay: az acr import, skopeo copy"


def docker_hub(scope: Scope) -> Proof:
    """Refused when this cluster has just failed to reach Docker Hub; a warning where that is usual, in China's regions.
    A node that holds the image already need not reach it."""
    seen = tuple(_failures(scope.snapshot.world))
    refusals, warnings = [], []
    for move in scope.fresh:
        spec = scope.spec(move.workload)
        nodes = candidates(spec, scope.snapshot.world.nodes)
        for image in images_in(spec):
            without = [node for node in nodes if not _holds(node, image)]
            if host_of(image) != DOCKER_HUB or (nodes and not without):
                continue
            far = [node for node in without if text(node.labels, REGION).startswith("cn-")]
            what = f"{image} lies on Docker Hub, which the nodes "
            if seen:
                refusals.append(_finding(f"{what}cannot reach", str(move.workload), seen[:3]))
            elif far:
                regions = tuple(f"{node.name} is in {text(node.labels, REGION)}" for node in far)
                warnings.append(_finding(f"{what}may not reach", str(move.workload), regions))
    return Proof(tuple(refusals), tuple(warnings))


def _finding(what: str, where: str, evidence: tuple[str, ...]) -> Finding:
    return Finding("docker-hub-unreachable", what, where, evidence, ACTION, INCIDENT)


def _holds(node: Node, image: str) -> bool:
    """A kubelet reports whole names: docker.io/library/redis:7."""
    try:
        return node.holds(str(parse_image(image)))
    except ValueError:
        return False


def _failures(world: World) -> Iterator[str]:
    """What present pods say of pulls from Docker Hub that found no way."""
    for pod in world.pods:
        for container in pod.containers:
            state = container.state
            if isinstance(state, Waiting) and host_of(container.image) == DOCKER_HUB:
                error = classify_pull_error(state.message, container.image)
                if error.cause == "docker-hub-unreachable":
                    yield f"pod/{pod.name}: {' '.join(state.message.split())[:200]}"
