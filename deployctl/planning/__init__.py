"""Snapshot and request to plan: pure, so that the same world always gives the same plan and fingerprint."""

from __future__ import annotations

from deployctl.model.plan import Plan, ServicePlan
from deployctl.model.request import ReleaseRequest
from deployctl.model.snapshot import ServiceFacts, Snapshot
from deployctl.planning.bare import said_of_bare
from deployctl.planning.changes import object_changes
from deployctl.planning.downtime import expected_downtime
from deployctl.planning.fingerprint import fingerprint
from deployctl.planning.in_the_way import in_the_way
from deployctl.planning.prefetch import prefetching
from deployctl.planning.proofs import prove
from deployctl.planning.proofs.scope import Scope
from deployctl.planning.refusals import refusals
from deployctl.planning.steps import steps
from deployctl.planning.transitions import running_digests, transitions
from deployctl.planning.users import live_reference
from deployctl.planning.warnings import warnings

__all__ = ["plan_release"]


def plan_release(request: ReleaseRequest, snapshot: Snapshot) -> Plan:
    """What the release will do, in order, with everything that speaks against it.

    A plan with refusals is complete too, so that it can be shown; it must not be executed.
    """
    services = tuple(_service_plan(request, snapshot, facts) for facts in snapshot.services)
    changes = object_changes(snapshot, services)
    moves = transitions(request, snapshot, services, changes)
    scope = Scope(snapshot, changes, moves)
    proof, prefetch = prove(scope), prefetching(scope)
    return Plan(
        environment=snapshot.environment.name,
        namespace=snapshot.environment.namespace,
        cluster=snapshot.server,
        operation=request.operation,
        services=services,
        edits=snapshot.edits,
        changes=changes,
        transitions=moves,
        manifests=snapshot.manifests,
        steps=steps(request, snapshot, services, changes, moves, prefetch.steps),
        warnings=(
            *warnings(request, snapshot, services, changes),
            *proof.warnings,
            *prefetch.warnings,
            *in_the_way(request, snapshot, moves),
        ),
        refusals=said_of_bare((*refusals(request, snapshot, services, changes, moves), *proof.refusals), snapshot),
        expected_downtime=expected_downtime(snapshot, services, moves),
        fingerprint=fingerprint(request, snapshot),
        proofs=proof.holds,
    )


def _service_plan(request: ReleaseRequest, snapshot: Snapshot, facts: ServiceFacts) -> ServicePlan:
    absent = facts.found is None
    return ServicePlan(
        service=facts.service,
        version=facts.version,
        image=facts.found.image if facts.found else facts.image,
        build=absent and not request.skip_build and snapshot.can_build and facts.service.source is not None,
        extra_tags=facts.extra_tags,
        running=running_digests(snapshot.world, facts.image),
        previous=live_reference(snapshot.live, facts.service, facts.image),
        of_this_tree=bool(facts.found and facts.context and facts.found.context == facts.context),
    )
