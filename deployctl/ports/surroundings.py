"""What the proofs read of a cluster, and what they ask of a registry with its pull secrets."""

from __future__ import annotations

from typing import Protocol

from deployctl.model.image import Image
from deployctl.model.manifest import Manifest
from deployctl.model.outside import Outside
from deployctl.model.pull_access import PullAccess
from deployctl.model.service import WorkloadRef
from deployctl.model.survey import Survey


class Surroundings(Protocol):
    """What a release will meet. Each part is optional: one that we may not read is said to be unreadable."""

    def survey(self, namespace: str) -> Survey:
        """A fixed number of LISTs, side by side. Values of Secrets are dropped before it returns. Raises
        Unavailable when the API server does not answer."""

    def outside(self, namespace: str) -> Outside:
        """What leads from users to the namespace's pods; a fixed number of LISTs, side by side. Raises Unavailable
        when the API server does not answer."""


class PullCheck(Protocol):
    """Pulling as a node would, without pulling."""

    def check(
        self, image: Image, workload: WorkloadRef, secrets: tuple[str, ...], brought: tuple[Manifest, ...]
    ) -> PullAccess:
        """Ask the registry for the image with these pull secrets of the namespace; Secrets among `brought` go before
        those that are there. A tag that does not exist is no refusal. Never raises: what could not be asked
        is `unknown`."""
