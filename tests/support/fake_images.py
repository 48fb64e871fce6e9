"""A registry and a builder in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from deployctl.model.errors import DeployError
from deployctl.model.image import Image, ImageFacts, Platform
from deployctl.ports import BuildEvent, BuildLog, BuildOrder, BuildResult, BuildState

AMD64 = Platform("linux", "amd64")


def digest_of(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class FakeRegistry:
    """Tags and what they point at. `down` is raised by every call while it is set."""

    def __init__(self, *images: Image) -> None:
        self._digests: dict[tuple[str, str], str] = {}
        self.tagged: list[tuple[str, tuple[str, ...]]] = []
        self.down: DeployError | None = None
        for image in images:
            self.push(image)

    def push(self, image: Image, content: str = "") -> str:
        """Put an image under its tag; other content has another digest."""
        digest = digest_of(f"{image.name}:{image.tag} {content}")
        self._digests[(image.name, image.tag)] = digest
        return digest

    def resolve(self, image: Image) -> ImageFacts | None:
        self._check()
        known = image.digest if image.digest in self._digests.values() else ""
        digest = self._digests.get((image.name, image.tag), known)
        return ImageFacts(replace(image, digest=digest), 1_000_000, (AMD64,)) if digest else None

    def tag(self, image: Image, digest: str, tags: tuple[str, ...]) -> None:
        self._check()
        self.tagged.append((digest, tags))
        for tag in tags:
            self._digests[(image.name, tag)] = digest

    def _check(self) -> None:
        if self.down is not None:
            raise self.down


class FakeBuilder:
    """Builds into a FakeRegistry. `fails` is raised in the middle of a build while it is set."""

    def __init__(self, registry: FakeRegistry) -> None:
        self._registry = registry
        self.orders: list[BuildOrder] = []
        self.cancelled = 0
        self.fails: DeployError | None = None

    def build(self, order: BuildOrder) -> Iterator[BuildEvent]:
        self.orders.append(order)
        try:
            yield BuildState("Queued")
            yield BuildState("Running")
            yield BuildLog("Step 1/1 : FROM scratch")
            if self.fails is not None:
                raise self.fails
            digest = self._registry.push(order.image)
            yield BuildResult(replace(order.image, digest=digest), "ca1")
        except GeneratorExit:
            self.cancelled += 1
            raise
