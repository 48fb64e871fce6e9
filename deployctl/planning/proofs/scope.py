"""Whom the release touches: what is wrong with anything else was so before, and is only worth a warning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deployctl.model.change import ObjectChange
from deployctl.model.image import Image
from deployctl.model.json import Json, items, mapping, text
from deployctl.model.manifest import Manifest
from deployctl.model.node import Node
from deployctl.model.plan import Transition
from deployctl.model.rules.images import names_image
from deployctl.model.rules.placement import why_not
from deployctl.model.service import WORKLOAD_KINDS, WorkloadRef
from deployctl.model.snapshot import Snapshot
from deployctl.model.survey import Survey
from deployctl.model.workload import pod_template


@dataclass(frozen=True)
class Scope:
    """A snapshot, and what of it will change."""

    snapshot: Snapshot
    changes: tuple[ObjectChange, ...]
    moves: tuple[Transition, ...]

    @property
    def touched(self) -> frozenset[str]:
        """Objects that are written with other content, or whose pods are made anew; as findings name them."""
        written = {str(c.ref) for c in self.changes if c.action != "unchanged"}
        return frozenset(written | {str(move.workload) for move in self.fresh})

    @property
    def fresh(self) -> tuple[Transition, ...]:
        """Transitions that make new pods; the others only wait for pods that are there."""
        rolling = {str(c.ref) for c in self.changes if c.rolls or c.action in ("create", "recreate")}
        return tuple(
            move for move in self.moves if move.restart or str(move.workload) in rolling or move.kind == "at-next-run"
        )

    def body(self, workload: WorkloadRef) -> Json:
        """The workload as it will be; empty when the overlay has none."""
        for manifest in self.snapshot.manifests:
            if (manifest.ref.kind, manifest.ref.name) == (workload.kind, workload.name):
                return self.snapshot.predicted.get(manifest.ref, manifest).body
        return {}

    def spec(self, workload: WorkloadRef) -> Json:
        """Its pods' spec, as it is written."""
        return mapping(pod_template(self.body(workload)), "spec")


def pull_secrets(spec: Json, survey: Survey, manifests: tuple[Manifest, ...]) -> tuple[str, ...]:
    """The pull secrets that a pod of this spec brings: its own, else those of its service account, as the admission
    of service accounts adds them."""
    own = _named(spec)
    if own:
        return own
    account = text(spec, "serviceAccountName") or "default"
    for manifest in manifests:
        if (manifest.ref.kind, manifest.ref.name) == ("ServiceAccount", account):
            return _named(manifest.body) or survey.accounts.get(account, ())
    return survey.accounts.get(account, ())


def _named(body: Json) -> tuple[str, ...]:
    return tuple(text(entry, "name") for entry in items(body, "imagePullSecrets"))


def candidates(spec: Json, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Nodes that may run a pod of this spec now, room aside."""
    return tuple(node for node in nodes if not node.lost and not why_not(spec, node))


def users_of(manifests: tuple[Manifest, ...], image: Image) -> Iterator[tuple[WorkloadRef, Json]]:
    """Workloads of the overlay that run this very image, with their pods' spec."""
    for manifest in manifests:
        if manifest.ref.kind in WORKLOAD_KINDS:
            spec = mapping(pod_template(manifest.body), "spec")
            if any(names_image(reference, image) for reference in images_in(spec)):
                yield WorkloadRef(manifest.ref.kind, manifest.ref.name), spec


def images_in(spec: Json) -> tuple[str, ...]:
    """Every container's image, init containers first."""
    containers = (*items(spec, "initContainers"), *items(spec, "containers"))
    return tuple(dict.fromkeys(text(c, "image") for c in containers))
