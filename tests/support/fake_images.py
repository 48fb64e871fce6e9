"""A registry and a builder in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import replace
from datetime import datetime

from deployctl.model.context import ContextFile, ContextListing
from deployctl.model.errors import DeployError
from deployctl.model.image import Image, ImageFacts, Platform
from deployctl.model.service import BuildSource
from deployctl.ports import BuildEvent, BuildLog, BuildOrder, BuildResult, BuildState

AMD64 = Platform("linux", "amd64")


def digest_of(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class FakeRegistry:
    """Tags and what they point at. `down` is raised by every call while it is set."""

    def __init__(self, *images: Image) -> None:
        self._digests: dict[tuple[str, str], str] = {}
        self.tagged: list[tuple[str, tuple[str, ...]]] = []
        self.locked: list[Image] = []
        self.contexts: dict[str, str] = {}
        """Digest of an image -> what its label says of its context."""
        self.created: datetime | None = None
        """When all images were made."""
        self.down: DeployError | None = None
        for image in images:
            self.push(image)

    def push(self, image: Image, content: str = "") -> str:
        """Put an image under its tag; other content has another digest."""
        digest = digest_of(f"{image.name}:{image.tag} {content}")
        self._digests[(image.name, image.tag)] = digest
        return digest

    def point(self, image: Image, digest: str) -> None:
        """Give a digest another name."""
        self._digests[(image.name, image.tag)] = digest

    def resolve(self, image: Image) -> ImageFacts | None:
        self._check()
        known = image.digest if image.digest in self._digests.values() else ""
        digest = self._digests.get((image.name, image.tag), known)
        if not digest:
            return None
        context = self.contexts.get(digest, "")
        return ImageFacts(replace(image, digest=digest), 1_000_000, (AMD64,), self.created, context=context)

    def tag(self, image: Image, digest: str, tags: tuple[str, ...]) -> None:
        self._check()
        self.tagged.append((digest, tags))
        for tag in tags:
            self._digests[(image.name, tag)] = digest

    def lock(self, image: Image) -> None:
        self._check()
        self.locked.append(image)

    def _check(self) -> None:
        if self.down is not None:
            raise self.down


class FakeContexts:
    """One context for everything; `current` is its digest."""

    def __init__(self) -> None:
        self.current = digest_of("the tree")
        self.found = ContextListing("/tree/backend", "Dockerfile", "", (ContextFile("Dockerfile", 13),))

    def listing(self, source: BuildSource) -> ContextListing:
        return self.found

    def digest(self, source: BuildSource) -> str:
        return self.current


class FakeCopier:
    """Copies in a FakeRegistry. `lies` puts another image there than it should."""

    def __init__(self, registry: FakeRegistry) -> None:
        self._registry = registry
        self.copies: list[tuple[Image, Image]] = []
        self.fails: DeployError | None = None
        self.lies = False
        self.arrives = False
        """Whether the image arrives although `fails` is raised: an answer that was lost."""

    def copy(self, source: Image, target: Image) -> None:
        self.copies.append((source, target))
        if self.fails is None or self.arrives:
            self._registry.point(target, digest_of("another") if self.lies else source.digest)
        if self.fails is not None:
            raise self.fails


class FakeBuilder:
    """Builds into a FakeRegistry. `fails` is raised in the middle of a build while it is set."""

    def __init__(self, registry: FakeRegistry) -> None:
        self._registry = registry
        self.orders: list[BuildOrder] = []
        self.cancelled = 0
        self.pushes = ""
        """What somebody else pushes under the same tag at the same time."""
        self.fails: DeployError | None = None

    def build(self, order: BuildOrder) -> Generator[BuildEvent, None, None]:
        self.orders.append(order)
        try:
            yield BuildState("Queued")
            yield BuildState("Running")
            yield BuildLog("Step 1/1 : FROM scratch")
            if self.fails is not None:
                raise self.fails
            digest = self._registry.push(order.image)
            if self.pushes:
                self._registry.push(order.image, self.pushes)
            yield BuildResult(replace(order.image, digest=digest), "ca1")
        except GeneratorExit:
            self.cancelled += 1
            raise
