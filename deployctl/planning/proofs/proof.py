"""What a proof comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deployctl.model.change import Finding
from deployctl.model.proven import Proven


@dataclass(frozen=True)
class Proof:
    """Reasons to refuse, what a person should know, and what holds."""

    refusals: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    holds: tuple[Proven, ...] = ()


def together(proofs: Iterable[Proof]) -> Proof:
    """All of them, each finding once, in their order."""
    all_of = tuple(proofs)
    return Proof(
        tuple(dict.fromkeys(f for proof in all_of for f in proof.refusals)),
        tuple(dict.fromkeys(f for proof in all_of for f in proof.warnings)),
        tuple(dict.fromkeys(p for proof in all_of for p in proof.holds)),
    )
