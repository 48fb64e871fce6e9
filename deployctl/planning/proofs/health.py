"""What answers before the release touches anything."""

from __future__ import annotations

from deployctl.model.change import Finding
from deployctl.model.proven import Proven
from deployctl.planning.proofs.proof import Proof
from deployctl.planning.proofs.scope import Scope


def health(scope: Scope) -> Proof:
    """A service that is sick already is worth a warning: the release may be its cure, or be blamed for it. A service of
    which nothing is live yet cannot be well."""
    snapshot = scope.snapshot
    live = {workload.ref for workload in snapshot.world.workloads}
    found, well = [], []
    for facts in snapshot.services:
        verdict = snapshot.health.get(facts.service.name)
        if verdict is None or not live & set(facts.service.workloads):
            continue
        if verdict.good:
            well.append(Proven("health", f"{facts.service.name} answers well now", (verdict.detail,)))
            continue
        what = f"{facts.service.name} is not healthy now, before anything is changed: {verdict.detail}"
        found.append(Finding("unhealthy-before", what, facts.service.name, (), "deployctl diagnose", verdict.incident))
    return Proof(warnings=tuple(found), holds=tuple(well))
