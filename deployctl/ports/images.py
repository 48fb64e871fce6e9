"""Where images lie, and who builds them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol

from deployctl.model.context import ContextListing
from deployctl.model.image import Image, ImageFacts
from deployctl.model.service import BuildSource


class Registry(Protocol):
    """The data plane of a container registry."""

    def resolve(self, image: Image) -> ImageFacts | None:
        """What the registry says of a tag or digest; None when it does not exist. Raises Unavailable."""

    def tag(self, image: Image, digest: str, tags: tuple[str, ...]) -> None:
        """Point more tags at a digest by putting its manifest again. Raises Unavailable."""

    def lock(self, image: Image) -> None:
        """Let nobody overwrite or delete the tag. Raises Unavailable, also where the registry knows no locks."""


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


@dataclass(frozen=True)
class BuildPulse:
    """Nothing new: a moment at which a build that is followed in a thread of its own may be left."""


BuildEvent = BuildLog | BuildState | BuildResult | BuildPulse


class ImageBuilder(Protocol):
    def build(self, order: BuildOrder) -> Generator[BuildEvent, None, None]:
        """Pack, upload, run and follow; ends with a BuildResult or raises (ReleaseFailed with the failing step's last
        lines, Unavailable). Closing the generator cancels the run. It yields at least every few seconds."""


class Contexts(Protocol):
    """Build contexts, as they lie in the tree."""

    def listing(self, source: BuildSource) -> ContextListing:
        """What would travel, without its digest. Raises UsageError (no context, bad rules) and Refused (unreadable)."""

    def digest(self, source: BuildSource) -> str:
        """What `BuildResult.context` would be: the whole tree is read. Raises what `listing` does."""


class ImageCopier(Protocol):
    """Copies images from registry to registry, inside the cloud."""

    def copy(self, source: Image, target: Image) -> None:
        """Give the source's digest the target's tag, which must be free; returns when it is done. Raises Refused (the
        tag is taken), Unavailable."""
