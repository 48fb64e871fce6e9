"""The world as a release finds it: everything that planning needs, read before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deployctl.model.change import FileEdit, Finding
from deployctl.model.environment import Environment
from deployctl.model.image import Image, ImageFacts
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.pull_access import PullAccess
from deployctl.model.release import Release
from deployctl.model.rollout import World
from deployctl.model.rules.health import Verdict
from deployctl.model.service import Service
from deployctl.model.survey import Survey


@dataclass(frozen=True)
class ServiceFacts:
    """One requested service: what it would be released as."""

    service: Service
    version: str
    image: Image
    """With the tag of this version in this environment."""
    extra_tags: tuple[str, ...]
    found: ImageFacts | None
    """What the registry says of the tag; None when it does not exist."""
    context: str = ""
    """Digest of the build context as it lies here; empty where there is nothing to compare it with."""
    changed: tuple[str, ...] = ()
    """For an image that was made of another tree: what git knows of the difference."""
    replaced: ImageFacts | None = None
    """What the tag points at that is to be built anew."""
    dirty: tuple[str, ...] = ()
    """For an image that is to be built: files of its context that git does not know as they are."""
    suspects: tuple[Finding, ...] = ()
    """For an image that is to be built: what looks like secrets in its context."""


@dataclass(frozen=True)
class Snapshot:
    """One consistent reading of the tree, the registry and the cluster."""

    environment: Environment
    server: str
    services: tuple[ServiceFacts, ...]
    edits: tuple[FileEdit, ...]
    manifests: tuple[Manifest, ...]
    """The overlay, rendered with the edits."""
    warnings: tuple[Finding, ...]
    """Of the reading itself: kustomize's words, what could not be looked at."""
    problems: tuple[Finding, ...]
    """Reasons to refuse that the reading itself met: objects that the API server rejects, missing permissions."""
    live: Mapping[ObjectRef, Manifest] = field(repr=False)
    predicted: Mapping[ObjectRef, Manifest] = field(repr=False)
    """What the API server's dry run says each object would be."""
    immutable_jobs: frozenset[ObjectRef]
    """Jobs whose template differs and can only be made anew."""
    world: World
    survey: Survey = field(repr=False)
    """What the proofs are made from."""
    history: tuple[Release, ...]
    can_build: bool
    may_run_pods: bool = True
    """Whether we may create and delete pods of our own."""
    access: tuple[PullAccess, ...] = ()
    """What the registry says to the pods' own pull secrets."""
    health: Mapping[str, Verdict] = field(default_factory=dict)
    """Service -> what its health check says before anything is changed; only those that were asked."""
    addresses: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    """Host -> its addresses by DNS: none for one that does not exist, None where DNS did not answer; only those that
    were asked."""
