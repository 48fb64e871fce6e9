"""Which nodes are to pull which images before anything is torn down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from deployctl.model.change import Finding
from deployctl.model.image import ImageFacts, parse_image
from deployctl.model.json import Json, text
from deployctl.model.node import Node
from deployctl.model.plan import PrefetchStep, Pull, Transition
from deployctl.model.rules.images import names_image
from deployctl.model.rules.node_room import node_room
from deployctl.model.rules.placement import daemon_spec
from deployctl.model.rules.platforms import unfit
from deployctl.model.rules.small_resources import small_resources
from deployctl.model.snapshot import Snapshot
from deployctl.model.workload import container_specs
from deployctl.planning.proofs.architecture import known_image
from deployctl.planning.proofs.newcomers import newcomer
from deployctl.planning.proofs.scope import Scope, candidates, images_in, pull_secrets
from deployctl.planning.settled import pods_of
from deployctl.planning.transitions import live_workload

KINDS = ("recreate", "rolling", "ordered")
GRANT = 'docs/operations.md has a Role for it; or set prefetch = "off" in [policies]'


@dataclass(frozen=True)
class Prefetching:
    """What is to be pulled, and why something is not."""

    steps: tuple[PrefetchStep, ...] = ()
    """One, or none."""
    warnings: tuple[Finding, ...] = ()


def prefetching(scope: Scope) -> Prefetching:
    """For workloads that serve now and get new pods. Where nothing serves, pulling first would only delay the cure."""
    snapshot = scope.snapshot
    policies = snapshot.environment.policies
    moves = tuple(move for move in scope.fresh if move.kind in KINDS and _serves(snapshot, move))
    if policies.prefetch == "off" or not moves:
        return Prefetching()
    if not snapshot.world.nodes:
        return Prefetching((), (_untold(moves, "nodes may not be read"),))
    changing = tuple(_brings_its_own_access(scope, moves))
    pulls = tuple(p for m in moves if m not in {move for move, _ in changing} for p in _pulls(scope, m))
    warnings = tuple(finding for _, finding in changing)
    if not pulls:
        return Prefetching((), warnings)
    if not snapshot.may_run_pods:
        return Prefetching((), (*warnings, _untold(moves, "we may not create and delete pods in this namespace")))
    most = max(len(pull.images) for pull in pulls)
    resources = small_resources(snapshot.survey.limit_ranges, snapshot.survey.quotas, most)
    return Prefetching((PrefetchStep(pulls, policies.prefetch_parallel, resources),), warnings)


def _serves(snapshot: Snapshot, move: Transition) -> bool:
    live = live_workload(snapshot.world, move.workload)
    return live is not None and any(pod.ready for pod in pods_of(snapshot.world, live))


def _untold(moves: tuple[Transition, ...], why: str) -> Finding:
    names = ", ".join(str(move.workload) for move in moves)
    return Finding("prefetch-impossible", f"images are not brought to the nodes beforehand: {why}", names, (), GRANT)


def _brings_its_own_access(scope: Scope, moves: tuple[Transition, ...]) -> Iterator[tuple[Transition, Finding]]:
    """A pull secret or a service account that this very release writes is not there before it is applied."""
    for move in moves:
        spec = scope.spec(move.workload)
        secrets = pull_secrets(spec, scope.snapshot.survey, scope.snapshot.manifests)
        account = text(spec, "serviceAccountName") or "default"
        wanted = {("Secret", name) for name in secrets} | {("ServiceAccount", account)}
        written = [c.ref for c in scope.changes if c.action != "unchanged" and (c.ref.kind, c.ref.name) in wanted]
        if written:
            names = ", ".join(map(str, written))
            what = f"images of {move.workload} are not brought to the nodes beforehand: this release changes {names}"
            yield move, Finding("prefetch-skipped", f"{what}, which opens the registry", str(move.workload))


def _pulls(scope: Scope, move: Transition) -> Iterator[Pull]:
    spec = scope.spec(move.workload)
    daemon = move.workload.kind == "DaemonSet"
    known = {image: _facts(scope.snapshot, image) for image in images_in(spec)}
    wanted = tuple(image for image in known if not _never_pulled(spec, image))
    for node in _nodes(scope, move, daemon_spec(spec) if daemon else spec):
        able = not any(unfit(facts.platforms, (node,)) for facts in known.values() if facts)
        missing = tuple(image for image in wanted if not _is_there(scope, node, image, known[image]))
        if able and missing:
            yield Pull(move.workload, node.name, missing)


def _facts(snapshot: Snapshot, reference: str) -> ImageFacts | None:
    """Of a requested image as the registry has it, or as it will be built."""
    return next((known_image(f) for f in snapshot.services if names_image(reference, f.image)), None)


def _never_pulled(spec: Json, image: str) -> bool:
    using = (container for container in container_specs({"spec": spec}) if container.image == image)
    return all(container.pull_policy == "Never" for container in using)


def _nodes(scope: Scope, move: Transition, spec: Json) -> tuple[Node, ...]:
    """Those that may run the pods; unless all are wanted, only such as have room once the old pods of a `Recreate` are
    gone. Beside old pods a place may come free anywhere."""
    nodes = candidates(spec, scope.snapshot.world.nodes)
    coming = newcomer(scope, move)
    if coming is None:
        return ()
    if scope.snapshot.environment.policies.prefetch == "all" or move.kind != "recreate":
        return nodes
    staying = tuple(t for t in scope.snapshot.survey.tenants if t.owner not in coming.owners)
    one = replace(coming, count=1)
    return tuple(node for node in nodes if node_room(one, node, staying).pods)


def _is_there(scope: Scope, node: Node, reference: str, facts: ImageFacts | None) -> bool:
    """In the node's store by its own list, which is not complete, or because a pod there runs it."""
    running = (c for pod in scope.snapshot.world.pods if pod.node == node.name for c in pod.containers)
    runs = any(c.image == reference and c.image_id and (not facts or facts.answers(c.image_id)) for c in running)
    return runs or _is_listed(node, reference, facts)


def _is_listed(node: Node, reference: str, facts: ImageFacts | None) -> bool:
    """Under the very name that the pods use, and where its digest is known, with that digest: a tag that was moved may
    still be there with its former content."""
    try:
        image = parse_image(reference)
    except ValueError:
        return False
    digests = (facts.digest, *facts.platform_digests) if facts and facts.digest else ()
    if not digests:
        return facts is None and node.holds(str(image))
    return any(node.holds(str(image.by_digest(d)), *(() if image.digest else (str(image),))) for d in digests)
