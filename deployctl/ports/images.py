"""Where images lie, and who builds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from deployctl.model.image import Image, ImageFacts
from deployctl.model.service import BuildSource


class Registry(Protocol):
    """The data plane of a container registry."""

    def resolve(self, image: Image) -> ImageFacts | None:
        """What the registry says of a tag or digest; None when it does not exist. Raises Unavailable."""

    def tag(self, image: Image, digest: str, tags: tuple[str, ...]) -> None:
        """Point more tags at a digest by putting its manifest again. Raises Unavailable."""


@dataclass(frozen=True)
class BuildOrder:
    """One image to be built."""

    image: Image
    source: BuildSource
    timeout: float
    """Seconds."""


@dataclass(frozen=True)
class BuildLog:
    text: str


@dataclass(frozen=True)
class BuildState:
    """A state of the run as the builder names it, such as `Queued`, `Running`; or `packing`, `uploading`."""

    state: str
    detail: str = ""


@dataclass(frozen=True)
class BuildResult:
    """The last thing a build yields: the image as the builder says it pushed it, digest included."""

    facts: Image
    run_id: str
    context: str = ""
    """Digest of the build context: the same tree has the same one."""


BuildEvent = BuildLog | BuildState | BuildResult


class ImageBuilder(Protocol):
    def build(self, order: BuildOrder) -> Iterator[BuildEvent]:
        """Pack, upload, run and follow; ends with a BuildResult or raises (ReleaseFailed with the failing step's last
        lines, Unavailable). Closing the iterator cancels the run."""
