"""The scheduler's words for a pod that fits nowhere. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from deployctl.sandbox.controllers.scheduler.filters import Refusal

NO_NODES = "no nodes available to schedule pods"
NOT_HELPFUL = "Preemption is not helpful for scheduling"
NO_VICTIMS = "No preemption victims found for incoming pod"


def unschedulable(refusals: Mapping[str, Refusal], *, never_preempts: bool) -> str:
    """`0/4 nodes are available: …` with the reasons counted, and what preemption had to say."""
    reasons = Counter(reason for refusal in refusals.values() for reason in refusal.reasons)
    return f"{_headline(len(refusals))} {_histogram(reasons)}. {_preemption(refusals.values(), never=never_preempts)}"


def rejected_early(reason: str, nodes: int) -> str:
    """A reason that holds for the pod wherever it goes, such as a missing claim.

    Preemption then only has to say `not found`: that is what 1.37 writes.
    """
    return f"{_headline(nodes)} {reason}. not found"


def _headline(nodes: int) -> str:
    return f"0/{nodes} nodes are available:"


def _histogram(reasons: Mapping[str, int]) -> str:
    return ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))


def _preemption(refusals: Iterable[Refusal], *, never: bool) -> str:
    if never:
        return "preemption: not eligible due to preemptionPolicy=Never."
    outcomes = Counter(NOT_HELPFUL if r.final else NO_VICTIMS for r in refusals)
    return f"preemption: {_headline(sum(outcomes.values()))} {_histogram(outcomes)}."
