"""Reasons not to begin. Each costs no downtime here, and would have cost some later."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.change import Finding, ObjectChange
from deployctl.model.plan import ServicePlan, Transition
from deployctl.model.request import ReleaseRequest
from deployctl.model.rules.images import image_users, images_of, names_image, same_repository
from deployctl.model.service import WorkloadRef
from deployctl.model.snapshot import ServiceFacts, Snapshot
from deployctl.model.workload import parse_workload
from deployctl.planning.builds import build_refusals
from deployctl.planning.transitions import live_workload, serving_containers


def refusals(
    request: ReleaseRequest,
    snapshot: Snapshot,
    services: tuple[ServicePlan, ...],
    changes: tuple[ObjectChange, ...],
    moves: tuple[Transition, ...],
) -> tuple[Finding, ...]:
    """Everything that speaks against the release, the reading's own problems first."""
    found: list[Finding] = list(snapshot.problems)
    for facts, service in zip(snapshot.services, services, strict=True):
        found += _image(request, snapshot, facts, service)
        found += build_refusals(request, facts, service)
        found += _overlay(snapshot, facts)
        found += _moved_tag(request, snapshot, facts, moves)
    found += _paused(snapshot, moves)
    found += _collateral(request, changes)
    return tuple(dict.fromkeys(found))


def _image(request: ReleaseRequest, snapshot: Snapshot, facts: ServiceFacts, service: ServicePlan) -> Iterator[Finding]:
    wanted = request.recorded_image(facts.service.name)
    recorded = wanted.digest if wanted else ""
    if facts.found is None and not service.build:
        yield _absent(request, snapshot, facts)
    if facts.found is not None and recorded and recorded != facts.found.digest:
        yield Finding(
            "recorded-digest-moved",
            f"{facts.image} is no longer the image that was released",
            evidence=(f"recorded {recorded}", f"registry {facts.found.digest}"),
            action="release a version whose image is known to be good, or roll back further with --to",
        )


def _absent(request: ReleaseRequest, snapshot: Snapshot, facts: ServiceFacts) -> Finding:
    name = facts.service.name
    if request.operation == "rollback":
        action = "roll back further with --to; `deployctl history` lists what there is"
    elif request.skip_build and snapshot.can_build:
        action = f"leave out --skip-build, or run: deployctl build {name} --env {snapshot.environment.name}"
    elif facts.service.source is None:
        action = f"push {facts.image}, or give services.{name} a context so that deployctl can build it"
    else:
        action = f"push {facts.image}, or set `builder` of its registry in the configuration"
    return Finding("image-absent", f"the registry has no {facts.image}", name, action=action)


def _overlay(snapshot: Snapshot, facts: ServiceFacts) -> Iterator[Finding]:
    users = image_users(snapshot.manifests, facts.image.name)
    released = facts.found.image if facts.found else facts.image
    carrying = [m for m in snapshot.manifests if any(names_image(r, released) for r in images_of(m.body))]
    if not carrying:
        used = sorted({i for m in snapshot.manifests for i in images_of(m.body)})
        yield Finding(
            "image-matches-nothing",
            f"the `images:` entry {facts.service.image!r} matches nothing: no rendered object runs {facts.image}",
            str(snapshot.environment.overlay),
            tuple(f"rendered: {image}" for image in used),
            f"name in services.{facts.service.name}.image an image as the base writes it, before any other renaming",
            "DEPLOY001",
        )
    for workload in facts.service.workloads:
        if carrying and workload not in users:
            yield _not_a_user(snapshot, facts, workload)


def _not_a_user(snapshot: Snapshot, facts: ServiceFacts, workload: WorkloadRef) -> Finding:
    rendered = [m for m in snapshot.manifests if (m.ref.kind, m.ref.name) == (workload.kind, workload.name)]
    what = f"{workload} does not run {facts.image.name}" if rendered else f"the overlay renders no {workload}"
    known = [str(u) for u in image_users(snapshot.manifests, facts.image.name)]
    return Finding(
        "workload-missing",
        what,
        f"services.{facts.service.name}.workloads",
        tuple(f"runs it: {name}" for name in known),
        "correct the configuration's workloads",
    )


def _moved_tag(
    request: ReleaseRequest, snapshot: Snapshot, facts: ServiceFacts, moves: tuple[Transition, ...]
) -> Iterator[Finding]:
    """The tag was pushed anew, or will be: the manifest says the same, so only a restart would bring the new digest."""
    stale = stale_workloads(snapshot, facts)
    rolling = {move.workload for move in moves if not move.restart}
    if not request.restart and any(workload not in rolling for workload, _ in stale):
        happened = "was pushed anew: the registry's digest is not" if facts.found else "would be built anew, and it is"
        yield Finding(
            "tag-moved",
            f"{facts.image} {happened} the one that runs",
            ", ".join(str(workload) for workload, _ in stale),
            (*((f"registry {facts.found.digest}",) if facts.found else ()), *(f"running {d}" for _, d in stale)),
            "release a new version; or, to make new pods of the same tag, add --restart",
            "DEPLOY001",
        )
    if stale and request.restart:
        yield from _cached(snapshot, facts, tuple(dict.fromkeys(workload for workload, _ in stale)))


def _cached(snapshot: Snapshot, facts: ServiceFacts, stale: tuple[WorkloadRef, ...]) -> Iterator[Finding]:
    for ref in stale:
        live = live_workload(snapshot.world, ref)
        policies = (
            {c.pull_policy for c in live.containers if same_repository(c.image, facts.image.name)} if live else set()
        )
        if policies - {"Always"}:
            yield Finding(
                "restart-would-not-pull",
                f"a restart would not bring the new digest: {ref} has imagePullPolicy {', '.join(sorted(policies))}",
                str(ref),
                ("nodes that hold the tag run what they hold",),
                "release a new version, or set imagePullPolicy: Always in the base",
                "DEPLOY001",
            )


def stale_workloads(snapshot: Snapshot, facts: ServiceFacts) -> tuple[tuple[WorkloadRef, str], ...]:
    """The service's workloads that name the tag already and run it at another digest, or one that will be replaced,
    with that digest."""
    if facts.found is None and facts.replaced is None:
        return ()
    found = facts.found
    return tuple(
        (ref, container.image_id.rpartition("@")[2])
        for ref in facts.service.workloads
        if (live := live_workload(snapshot.world, ref)) and str(facts.image) in {c.image for c in live.containers}
        for container in serving_containers(snapshot.world, live, facts.image)
        if container.image_id and not (found and found.answers(container.image_id))
    )


def _paused(snapshot: Snapshot, moves: tuple[Transition, ...]) -> Iterator[Finding]:
    for move in moves:
        manifest = next((m for m in snapshot.manifests if _is(m.ref.kind, m.ref.name, move.workload)), None)
        predicted = snapshot.predicted.get(manifest.ref, manifest) if manifest else None
        if predicted and parse_workload(predicted.body).paused:
            yield Finding(
                "paused",
                f"{move.workload} is paused: its pods would not be replaced",
                f"{move.workload} spec.paused",
                action=f"kubectl rollout resume {move.workload} -n {snapshot.environment.namespace}",
            )


def _is(kind: str, name: str, workload: WorkloadRef) -> bool:
    return (kind, name) == (workload.kind, workload.name)


def _collateral(request: ReleaseRequest, changes: tuple[ObjectChange, ...]) -> Iterator[Finding]:
    hit = [change for change in changes if change.collateral]
    if hit and not request.accept_collateral:
        yield Finding(
            "collateral",
            "applying the overlay changes workloads that were not named: "
            + ", ".join(str(change.ref) for change in hit),
            evidence=tuple(line for change in hit for line in _first_fields(change)),
            action="look at the changes; bring Git and cluster together, or accept them with --accept-collateral",
            incident="K8S-002",
        )


def _first_fields(change: ObjectChange) -> Iterator[str]:
    if not change.fields:
        yield f"{change.ref}: {change.action}"
    for field in change.fields[:3]:
        yield f"{change.ref} {field.path}: {field.before} -> {field.after}"
