"""What was proven before a release: kept in its plan and in its record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ProofName = Literal["image", "pull", "platform", "dry-run", "references", "room", "ingress", "health"]


@dataclass(frozen=True)
class Proven:
    """One thing that holds, in a few words, and what shows it."""

    proof: ProofName
    what: str
    """Such as `acr-secret opens klinecubic/backend`."""
    evidence: tuple[str, ...] = ()
