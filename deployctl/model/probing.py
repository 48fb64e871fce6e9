"""What a service's URL answered while a release went on: samples, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

AnswerKind = Literal["good", "unserved", "wrong"]
"""unserved: nobody answered for the service, or only the ingress did. wrong: it answered, and not as a healthy one."""


@dataclass(frozen=True)
class Sample:
    """One probe."""

    at: float
    """Monotonic seconds at which the request was sent."""
    kind: AnswerKind
    version: str = ""
    """What the document calls its version; empty when it does not say."""

    @property
    def good(self) -> bool:
        return self.kind == "good"


@dataclass(frozen=True)
class Measured:
    """What the samples of one service come to."""

    requests: int
    failures: int
    unserved: float
    """Seconds in which nobody answered for it: each such sample counts until the next one."""
    wrong: float
    """Seconds in which it answered, and not rightly."""
    switched: float | None = None
    """Seconds from the first probe to the first right answer of the new version, as far as that could be told."""
    later: float = 0.0
    """Of the seconds not served rightly, those after a new pod had been called Ready."""

    @property
    def seconds(self) -> float:
        return self.unserved + self.wrong


def measure(samples: tuple[Sample, ...], ready_at: float | None = None) -> Measured:
    """`ready_at`: when the first new pod was seen Ready, for documents that do not say their version."""
    bad = [(one, other.at - one.at) for one, other in pairwise(samples) if not one.good]
    return Measured(
        requests=len(samples),
        failures=sum(1 for sample in samples if not sample.good),
        unserved=sum(seconds for sample, seconds in bad if sample.kind == "unserved"),
        wrong=sum(seconds for sample, seconds in bad if sample.kind == "wrong"),
        switched=_switched(samples, ready_at),
        later=sum(seconds for sample, seconds in bad if ready_at is not None and sample.at >= ready_at),
    )


def _switched(samples: tuple[Sample, ...], ready_at: float | None) -> float | None:
    """By the document where its version changes; else by the pods. A version that never changes proves nothing."""
    good = [sample for sample in samples if sample.good]
    changed = next((s for s in good if s.version and s.version != good[0].version), None)
    by_pods = next((s for s in good if ready_at is not None and s.at >= ready_at), None)
    found = changed or by_pods
    return found.at - samples[0].at if found else None
