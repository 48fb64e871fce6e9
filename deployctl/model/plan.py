"""The plan of a release: complete before anything is written, sealed by a fingerprint."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from deployctl.model.change import FileEdit, Finding, ObjectChange
from deployctl.model.image import Image
from deployctl.model.json import Json
from deployctl.model.manifest import Manifest
from deployctl.model.proven import Proven
from deployctl.model.service import Service, WorkloadRef

TransitionKind = Literal["none", "recreate", "rolling", "ordered", "manual", "at-next-run"]
"""How one set of pods gives way to the next, as the manifest says: Deployment's two strategies, StatefulSet and
DaemonSet in order, OnDelete (manual), CronJob (at-next-run), or no change of pods at all (none)."""


@dataclass(frozen=True)
class Transition:
    """One workload and how its pods are replaced."""

    workload: WorkloadRef
    kind: TransitionKind
    restart: bool = False
    """The template stays the same but the pods must be made anew (`--restart`)."""
    named: bool = True
    """Whether the request named its service; False for collateral."""


@dataclass(frozen=True)
class ServicePlan:
    """What the release does for one service."""

    service: Service
    version: str
    image: Image
    """With its tag; with its digest too, when the registry knows it already."""
    build: bool
    extra_tags: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    """Digests that Ready pods run now."""
    previous: str = ""
    """The image reference that the live workload names now; empty when there is none."""
    of_this_tree: bool = False
    """Whether the image exists and was made of the build context as it lies here."""


@dataclass(frozen=True)
class BuildStep:
    """Have one image built."""

    service: str
    image: Image


@dataclass(frozen=True)
class Pull:
    """Images of one workload that one node does not have yet."""

    workload: WorkloadRef
    node: str
    images: tuple[str, ...]
    """As the manifest names them."""


@dataclass(frozen=True)
class PrefetchStep:
    """Bring images to nodes while the old pods serve."""

    pulls: tuple[Pull, ...]
    parallel: int
    """How many nodes pull at once."""
    resources: Json = field(default_factory=dict)
    """Of each container of the pods that pull: little, and what the namespace's limits ask for."""

    @property
    def images(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys(image for pull in self.pulls for image in pull.images))

    @property
    def nodes(self) -> tuple[str, ...]:
        """All nodes that pull, each once."""
        return tuple(dict.fromkeys(pull.node for pull in self.pulls))


@dataclass(frozen=True)
class TagStep:
    """Move extra tags onto the released digest, without a build."""

    service: str
    image: Image
    tags: tuple[str, ...]


@dataclass(frozen=True)
class BumpStep:
    """Write the overlay's new tags."""

    edits: tuple[FileEdit, ...]


@dataclass(frozen=True)
class CommitStep:
    """git-commit the bump, only those files."""

    paths: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class ApplyStep:
    """Apply the whole overlay, server-side, in kustomize's order with workloads last."""

    objects: int


@dataclass(frozen=True)
class RestartStep:
    """Make new pods of an unchanged template, exactly once."""

    workload: WorkloadRef


@dataclass(frozen=True)
class PodName:
    """One pod, and none that comes after it under the same name."""

    name: str
    uid: str


@dataclass(frozen=True)
class LeftoversStep:
    """Remove failed and evicted pods that nobody removed, as was asked for."""

    pods: tuple[PodName, ...]


@dataclass(frozen=True)
class AwaitStep:
    """Wait until the current revision serves and the old pods are gone."""

    transitions: tuple[Transition, ...]
    delete_stuck: bool = False
    """Delete a StatefulSet's broken pod of a former revision that blocks the update, as was asked for."""


@dataclass(frozen=True)
class HealthStep:
    """GET a health document through the ingress until it is right several times in a row."""

    service: str
    url: str


@dataclass(frozen=True)
class VerifyStep:
    """Compare what runs with the registry and the overlay."""

    services: tuple[str, ...]


@dataclass(frozen=True)
class RecordStep:
    """Write the release record."""

    release: str


Step = (
    BuildStep
    | PrefetchStep
    | TagStep
    | BumpStep
    | CommitStep
    | ApplyStep
    | RestartStep
    | LeftoversStep
    | AwaitStep
    | HealthStep
    | VerifyStep
    | RecordStep
)


@dataclass(frozen=True)
class Plan:
    """Everything that a release will do. Pure data; the same world gives the same plan and fingerprint."""

    environment: str
    namespace: str
    cluster: str
    """The API server's address."""
    operation: Literal["release", "rollback"]
    services: tuple[ServicePlan, ...]
    edits: tuple[FileEdit, ...]
    changes: tuple[ObjectChange, ...]
    transitions: tuple[Transition, ...]
    manifests: tuple[Manifest, ...]
    """The overlay as it will be applied."""
    steps: tuple[Step, ...]
    warnings: tuple[Finding, ...]
    refusals: tuple[Finding, ...]
    expected_downtime: float | None
    """Seconds, from earlier releases of these services; None when none is known, 0 when nothing is torn down."""
    fingerprint: str
    proofs: tuple[Proven, ...] = ()
    """What was proven before anything is written, with its evidence."""

    @property
    def does_nothing(self) -> bool:
        """Whether production would be the same afterwards."""
        return not self.edits_something and not any(c.action != "unchanged" for c in self.changes) and not self.acts

    @property
    def edits_something(self) -> bool:
        return any(edit.changes for edit in self.edits)

    @property
    def acts(self) -> bool:
        return any(service.build for service in self.services) or any(t.restart for t in self.transitions)
