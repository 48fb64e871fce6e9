"""The cluster: reading it, changing it, what we may do there, the lock, the records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from deployctl.model.errors import DeployError
from deployctl.model.json import Json
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.release import Release
from deployctl.model.rollout import World

FIELD_MANAGER = "deployctl"
RESTART_MANAGER = "deployctl-restart"


@dataclass(frozen=True)
class ClusterIdentity:
    """Which cluster answers."""

    server: str
    """The API server's URL."""
    context: str
    version: str
    """Such as v1.37.2."""


@dataclass(frozen=True)
class Kind:
    """A kind that the cluster serves."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]


@dataclass(frozen=True, order=True)
class Permission:
    """A verb on a resource, as RBAC names them; namespace empty: cluster-wide."""

    verb: str
    group: str
    resource: str
    namespace: str

    def __str__(self) -> str:
        group = f".{self.group}" if self.group else ""
        return f"{self.verb} {self.resource}{group}"


class ClusterRejected(DeployError):
    """The API server refused an object: invalid, immutable field, unknown field, admission, conflict, forbidden."""

    def __init__(
        self,
        what: str,
        *,
        ref: ObjectRef,
        status: int,
        reason: str,
        evidence: tuple[str, ...] = (),
        action: str = "",
    ) -> None:
        super().__init__(what, where=str(ref), evidence=evidence, action=action)
        self.ref = ref
        self.status = status
        """HTTP status."""
        self.reason = reason
        """The Status' reason, such as `Invalid`, `Forbidden`, `Conflict`; or what its words mean: `Immutable`,
        `NoKind`, `UnknownField`, `DuplicateEntry`, `Unreadable`, `NamespaceMissing`, `NamespaceTerminating`,
        `QuotaExceeded`, `PodSecurity`, `AdmissionDenied`, `DryRunUnsupported`, `NotEstablished`, `StillThere`,
        `NotRestartable`, `Paused`."""


class Cluster(Protocol):
    """Reading."""

    def identify(self) -> ClusterIdentity:
        """One request. Raises Unavailable, and Refused when it is not the pinned cluster."""

    def kinds(self) -> Mapping[tuple[str, str], Kind]:
        """(apiVersion, kind) -> Kind for all that is served, from aggregated discovery; read once and kept."""

    def get(self, refs: tuple[ObjectRef, ...]) -> Mapping[ObjectRef, Manifest]:
        """Those of the objects that exist, by the names they were asked for, read side by side. A namespaced one
        without a namespace is looked for in the environment's. Kinds that are not served count as absent."""

    def world(self, namespace: str) -> World:
        """One snapshot: a fixed number of LISTs, whatever runs there."""

    def logs(self, namespace: str, pod: str, container: str, *, previous: bool, lines: int) -> tuple[str, ...]:
        """The last lines of a container's log, without the values of the Secrets that its pod names; empty when there
        is none or it may not be read."""


class Writer(Protocol):
    """Changing objects, by server-side apply."""

    def dry_run(self, manifests: tuple[Manifest, ...]) -> Mapping[ObjectRef, Manifest | ClusterRejected]:
        """What each would be after `apply`, side by side, client-side migration included; nothing is written. An object
        whose namespace or kind comes with the same manifests, and is not there yet, is foreseen as it is written."""

    def apply(self, manifest: Manifest) -> Manifest:
        """Migrate what `kubectl apply` left, then apply with force. Raises ClusterRejected, Unavailable."""

    def stamp_restart(self, applied: Manifest, stamp: str) -> Manifest:
        """Set only the restart annotation, guarded by uid and resourceVersion of `applied`; again with the same
        stamp does nothing. Raises ClusterRejected (reason Conflict when the object has moved)."""

    def create_pod(self, pod: Manifest) -> str:
        """Create a pod of our own in the environment's namespace; its uid. Again for the same one gives the same uid.
        Raises ClusterRejected (admission, quota, forbidden), Unavailable."""

    def delete_pod(self, name: str, uid: str) -> bool:
        """Delete exactly this pod of the environment's namespace; False when it is gone already, or another one has its
        name. Raises ClusterRejected, Unavailable."""

    def recreate(self, manifest: Manifest) -> Manifest:
        """Delete and create, for a Job whose template is immutable. Raises ClusterRejected, Unavailable."""


class Access(Protocol):
    """What we may do."""

    def denied(self, permissions: tuple[Permission, ...]) -> tuple[Permission, ...]:
        """Those that the API server says we lack (SelfSubjectAccessReview), asked side by side."""


@dataclass(frozen=True)
class LeaseState:
    """Who holds an environment."""

    holder: str
    """who@where, process."""
    phase: str
    """What the holder was doing when it last renewed."""
    acquired: datetime
    renewed: datetime
    seconds: int
    """After `renewed`, the lease is free again."""


class Leases(Protocol):
    """The lock of an environment: a coordination.k8s.io Lease."""

    def acquire(self, holder: str, phase: str) -> LeaseState | None:
        """None when it is ours now; else who holds it."""

    def renew(self, holder: str, phase: str) -> bool:
        """False when it is no longer ours."""

    def holder(self) -> LeaseState | None:
        """Who holds it now; None when it is free or expired."""

    def as_owner(self) -> Json:
        """The Lease as an ownerReference: what it owns is removed with it. Empty when there is no Lease."""

    def release(self, holder: str) -> None:
        """Give it back; somebody else's is left alone."""


class History(Protocol):
    """Release records: a Secret each, in the environment's namespace."""

    def read(self) -> tuple[Release, ...]:
        """Newest first. A record that cannot be read is passed over, never an error."""

    def save(self, release: Release, *, keep: int) -> None:
        """Write or overwrite the record of `release.number`; then drop all but the newest `keep`, never the newest
        successful one."""
