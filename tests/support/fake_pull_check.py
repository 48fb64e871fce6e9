"""A registry's word on pull secrets, as a test wants it."""

from __future__ import annotations

from deployctl.model.image import Image
from deployctl.model.manifest import Manifest
from deployctl.model.pull_access import Answer, PullAccess
from deployctl.model.service import WorkloadRef


class FakePullCheck:
    """`PullCheck`: says `answer` to everything, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = "anonymous"
        self.asked: list[tuple[Image, WorkloadRef, tuple[str, ...]]] = []

    def check(
        self, image: Image, workload: WorkloadRef, secrets: tuple[str, ...], brought: tuple[Manifest, ...]
    ) -> PullAccess:
        self.asked.append((image, workload, secrets))
        return PullAccess(workload, image, secrets, self.answer)
