"""Everything that the overlay's objects name is there, or comes with them (SECRET001, INGRESS001)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from deployctl.model.change import Finding
from deployctl.model.proven import Proven
from deployctl.model.reference import Reference
from deployctl.model.rules.dead_ends import dead_ends
from deployctl.model.rules.references import prove_references
from deployctl.model.rules.routes import misrouted
from deployctl.model.service import WORKLOAD_KINDS
from deployctl.model.snapshot import Snapshot
from deployctl.model.workload import pod_template
from deployctl.planning.proofs.proof import Proof
from deployctl.planning.proofs.scope import Scope

PULL = "imagePullSecrets"
UNPROVEN = "reference-unproven"


def references(scope: Scope) -> Proof:
    """What an object that the release touches cannot do without is refused when it is missing; else it is told."""
    snapshot = scope.snapshot
    found = prove_references(snapshot.manifests, snapshot.survey.inventory)
    missing = (*found.missing, *_misrouted(scope))
    touched = scope.touched
    return Proof(
        tuple(f for f in missing if _owner(f) in touched),
        (*(f for f in missing if _owner(f) not in touched), *_dead_ends(snapshot), *_doubts(found.doubtful, scope)),
        tuple(_proven(found.there)),
    )


def _proven(there: tuple[Reference, ...]) -> Iterator[Proven]:
    named = tuple(dict.fromkeys(map(str, there)))
    if named:
        what = "1 reference exists" if len(named) == 1 else f"{len(named)} references exist"
        yield Proven("references", what, named)


def _misrouted(scope: Scope) -> Iterator[Finding]:
    """Ports that an ingress names; a release that changes the Service touches its ingress, too."""
    snapshot = scope.snapshot
    ours = [m for m in snapshot.manifests if m.ref.kind == "Service"]
    names = {m.ref.name for m in ours}
    theirs = [m for m in snapshot.survey.services if m.ref.name not in names]
    for finding in misrouted(snapshot.manifests, (*theirs, *ours)):
        named = finding.what.split()[1]
        if f"service/{named}" in scope.touched and _owner(finding) not in scope.touched:
            yield replace(finding, where=f"service/{named}: named by {finding.where}")
        else:
            yield finding


def _dead_ends(snapshot: Snapshot) -> tuple[Finding, ...]:
    """Warnings, for an operator may make the pods."""
    written = (snapshot.predicted.get(m.ref, m) for m in snapshot.manifests if m.ref.kind in WORKLOAD_KINDS)
    coming = tuple(pod_template(one.body) for one in written)
    there = tuple(workload.template for workload in snapshot.world.workloads)
    return dead_ends(snapshot.manifests, (*coming, *there), tuple(pod.labels for pod in snapshot.world.pods))


def _owner(finding: Finding) -> str:
    return finding.where.partition(":")[0]


def _doubts(doubtful: Iterable[Finding], scope: Scope) -> Iterator[Finding]:
    """One line for each kind that may not be read; pull secrets are the registry's proof where that was made."""
    asked = {str(access.workload) for access in scope.snapshot.access if access.answer != "unknown"}
    kept = [f for f in doubtful if not (f.where.endswith(PULL) and _owner(f) in asked)]
    yield from (f for f in kept if f.id != UNPROVEN)
    unread = sorted((f for f in kept if f.id == UNPROVEN), key=_kind)
    for kind, group in groupby(unread, key=_kind):
        named = tuple(f"{f.what.removeprefix('cannot prove that ').partition(' exists')[0]}: {f.where}" for f in group)
        many = f"{len(named)} references exist" if len(named) > 1 else "a reference exists"
        yield Finding(UNPROVEN, f"could not prove that {many}: {kind} may not be read", "", named)


def _kind(finding: Finding) -> str:
    return finding.what.rpartition(": ")[2].removesuffix(" may not be read")
