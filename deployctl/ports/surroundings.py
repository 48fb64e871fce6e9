"""What the proofs read of a cluster."""

from __future__ import annotations

from typing import Protocol

from deployctl.model.survey import Survey


class Surroundings(Protocol):
    """What a release will meet. Each part is optional: one that we may not read is said to be unreadable."""

    def survey(self, namespace: str) -> Survey:
        """A fixed number of LISTs, side by side. Values of Secrets are dropped before it returns. Raises
        Unavailable when the API server does not answer."""
