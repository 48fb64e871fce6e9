"""What a person should know, and may go on in spite of."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.change import Finding, ObjectChange
from deployctl.model.plan import ServicePlan
from deployctl.model.request import ReleaseRequest
from deployctl.model.service import WorkloadRef
from deployctl.model.snapshot import Snapshot
from deployctl.model.workload import parse_workload
from deployctl.planning.builds import build_warnings


def warnings(
    request: ReleaseRequest,
    snapshot: Snapshot,
    services: tuple[ServicePlan, ...],
    changes: tuple[ObjectChange, ...],
) -> tuple[Finding, ...]:
    """The reading's own warnings first."""
    return tuple(
        dict.fromkeys(
            (
                *snapshot.warnings,
                *_unproven_health(snapshot, services),
                *_no_readiness(snapshot, services),
                *_builds(request, snapshot, services),
                *_accepted_collateral(request, changes),
            )
        )
    )


def _builds(request: ReleaseRequest, snapshot: Snapshot, services: tuple[ServicePlan, ...]) -> Iterator[Finding]:
    for facts, service in zip(snapshot.services, services, strict=True):
        yield from build_warnings(request, facts, service)


def _unproven_health(snapshot: Snapshot, services: tuple[ServicePlan, ...]) -> Iterator[Finding]:
    for plan in services:
        name = plan.service.name
        if plan.service.health is None:
            yield Finding(
                "no-health", f"{name} has no health check: only its pods' state proves it", f"services.{name}"
            )
        elif not snapshot.environment.url:
            yield Finding(
                "no-url",
                f"{name}'s health cannot be asked: the environment has no url",
                f"environments.{snapshot.environment.name}",
                action="set url in the configuration",
            )


def _no_readiness(snapshot: Snapshot, services: tuple[ServicePlan, ...]) -> Iterator[Finding]:
    named = {workload for plan in services for workload in plan.service.workloads}
    for manifest in snapshot.manifests:
        workload = parse_workload(manifest.body)
        probed = manifest.ref.kind in ("Deployment", "StatefulSet", "DaemonSet")
        if probed and WorkloadRef(manifest.ref.kind, manifest.ref.name) in named and not workload.has_readiness_probe:
            yield Finding(
                "no-readiness-probe",
                f"{workload.ref} has no readiness probe: "
                f"restarts are watched for {snapshot.environment.policies.settle:g} s after its start",
                str(workload.ref),
            )


def _accepted_collateral(request: ReleaseRequest, changes: tuple[ObjectChange, ...]) -> Iterator[Finding]:
    hit = [str(change.ref) for change in changes if change.collateral]
    if hit and request.accept_collateral:
        yield Finding("collateral-accepted", f"not named, and changed too: {', '.join(hit)}", incident="K8S-002")
