"""The requested images exist, and their digests are known. That they do not is refused elsewhere, with what to do."""

from __future__ import annotations

from deployctl.model.proven import Proven
from deployctl.planning.proofs.proof import Proof
from deployctl.planning.proofs.scope import Scope


def images(scope: Scope) -> Proof:
    """Of every requested service whose image need not be built."""
    found = (facts.found for facts in scope.snapshot.services)
    return Proof(
        holds=tuple(
            Proven("image", f"{one.image.repository}:{one.image.tag} exists", (str(one.image),)) for one in found if one
        )
    )
