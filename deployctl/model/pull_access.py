"""Whether nodes may pull an image with the pull secrets that its pods bring. No credential is ever here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deployctl.model.image import Image
from deployctl.model.service import WorkloadRef

Answer = Literal[
    "opens", "anonymous", "missing", "not-referenced", "other-host", "wrong", "expired", "forbidden", "unknown"
]
"""opens: a pull secret lets the image be pulled. anonymous: none is needed. missing: a named Secret is not there.
not-referenced: the pods name none. other-host: those named hold nothing for the image's registry. wrong, expired: the
registry refuses the password. forbidden: it knows the user, who may not read the repository (or there is none).
unknown: it could not be asked."""


@dataclass(frozen=True)
class PullAccess:
    """The answer for one image of one workload."""

    workload: WorkloadRef
    image: Image
    secrets: tuple[str, ...]
    """The names that the pod template, or else its service account, brings."""
    answer: Answer
    evidence: tuple[str, ...] = ()
    """What each credential met, in the registry's words."""

    @property
    def good(self) -> bool:
        return self.answer in ("opens", "anonymous")
