"""The proofs: what can be known before the first write, judged. Pure; what they need was read with the snapshot."""

from __future__ import annotations

from deployctl.planning.proofs.access import access
from deployctl.planning.proofs.architecture import architecture
from deployctl.planning.proofs.certificates import certificates
from deployctl.planning.proofs.docker_hub import docker_hub
from deployctl.planning.proofs.dry_run import dry_run
from deployctl.planning.proofs.health import health
from deployctl.planning.proofs.images import images
from deployctl.planning.proofs.memory import memory
from deployctl.planning.proofs.names import names
from deployctl.planning.proofs.nodes import nodes
from deployctl.planning.proofs.proof import Proof, together
from deployctl.planning.proofs.references import references
from deployctl.planning.proofs.room import room
from deployctl.planning.proofs.scope import Scope

PROOFS = (
    images,
    access,
    architecture,
    docker_hub,
    dry_run,
    references,
    nodes,
    room,
    memory,
    certificates,
    names,
    health,
)


def prove(scope: Scope) -> Proof:
    """Every proof, in the order in which the causes come to light in a rollout."""
    return together(proof(scope) for proof in PROOFS)


__all__ = ["Proof", "prove"]
