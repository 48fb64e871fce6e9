"""What `init` saw in a tree. Paths are relative to the tree's root, with `/`."""

from __future__ import annotations

from dataclasses import dataclass, field

from deployctl.model.kustomization import ImageEntry
from deployctl.model.manifest import Manifest


@dataclass(frozen=True)
class OverlayFacts:
    """A kustomization that no other one builds on."""

    path: str
    namespace: str
    """As its file says; empty when it says none."""
    entries: tuple[ImageEntry, ...]
    manifests: tuple[Manifest, ...] = field(repr=False, default=())
    flags: tuple[str, ...] = ()
    """What kustomize needed to build it."""
    failure: str = ""
    """Why it could not be built; then `manifests` is empty."""


@dataclass(frozen=True)
class DockerfileFacts:
    path: str
    stages: tuple[str, ...]
    """Names of its stages, in order; empty text for one without a name."""
    sources: tuple[str, ...]
    """What it copies from the build context."""
    base: str
    """What its last stage starts from."""

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class VersionFacts:
    """A file that may hold a version."""

    path: str
    version: str
    problem: str = ""
    """Why it holds none."""

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]


@dataclass(frozen=True)
class ContextFacts:
    """A context of a kubeconfig."""

    name: str
    server: str
    namespace: str
    kubeconfig: str
    """The file, with ~ for the home folder; empty for the one that kubectl takes by itself."""


@dataclass(frozen=True)
class Sighting:
    """Something that stands in a file."""

    value: str
    path: str
    line: int

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class TreeFacts:
    """Everything that a proposal is made from."""

    paths: frozenset[str]
    """Every file and folder that was looked at."""
    overlays: tuple[OverlayFacts, ...]
    dockerfiles: tuple[DockerfileFacts, ...] = ()
    versions: tuple[VersionFacts, ...] = ()
    contexts: tuple[ContextFacts, ...] = ()
    health: tuple[Sighting, ...] = ()
    """Paths that look like a health document's, in sources and manifests."""
    statuses: tuple[Sighting, ...] = ()
    """`"status": "ok"` and the like, in sources."""
    titles: tuple[Sighting, ...] = ()
    """<title> of index.html files."""


@dataclass(frozen=True)
class Guess:
    """One thing that the proposal says, and why."""

    key: str
    """As in the file: `environments.prod.namespace`."""
    value: str
    evidence: str
    sure: bool = True
    """False: look at it before the first release."""
