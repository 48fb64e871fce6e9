"""The API server takes the whole overlay. What it rejects was met while reading, and is refused with it."""

from __future__ import annotations

from deployctl.model.proven import Proven
from deployctl.planning.proofs.proof import Proof
from deployctl.planning.proofs.scope import Scope


def dry_run(scope: Scope) -> Proof:
    """Of the objects that it answered for."""
    taken = tuple(str(ref) for ref in scope.snapshot.predicted)
    if not taken:
        return Proof()
    objects = "1 object" if len(taken) == 1 else f"{len(taken)} objects"
    return Proof(holds=(Proven("dry-run", f"the API server takes {objects}", taken),))
