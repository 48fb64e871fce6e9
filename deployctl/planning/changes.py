"""Every object of the overlay: created, changed or left alone, and who asked for it."""

from __future__ import annotations

from dataclasses import replace

from deployctl.model.change import ObjectChange
from deployctl.model.manifest import Manifest
from deployctl.model.plan import ServicePlan
from deployctl.model.rules.diff import diff_objects
from deployctl.model.rules.images import image_users
from deployctl.model.service import WORKLOAD_KINDS, WorkloadRef
from deployctl.model.snapshot import Snapshot


def named_workloads(snapshot: Snapshot, services: tuple[ServicePlan, ...]) -> frozenset[WorkloadRef]:
    """The workloads that the request is about: those the configuration lists, and every other user of the images."""
    listed = {workload for s in services for workload in s.service.workloads}
    users = {workload for s in services for workload in image_users(snapshot.manifests, s.image.name)}
    return frozenset(listed | users)


def object_changes(snapshot: Snapshot, services: tuple[ServicePlan, ...]) -> tuple[ObjectChange, ...]:
    """One change per rendered object, in the overlay's order; a change to a workload nobody named is collateral."""
    named = named_workloads(snapshot, services)
    return tuple(_change(snapshot, manifest, named) for manifest in snapshot.manifests)


def _change(snapshot: Snapshot, manifest: Manifest, named: frozenset[WorkloadRef]) -> ObjectChange:
    change = diff_objects(snapshot.live.get(manifest.ref), snapshot.predicted.get(manifest.ref, manifest))
    if manifest.ref in snapshot.immutable_jobs:
        change = replace(change, action="recreate", rolls=True)
    workload = WorkloadRef(manifest.ref.kind, manifest.ref.name)
    foreign = manifest.ref.kind in WORKLOAD_KINDS and workload not in named
    return replace(change, collateral=foreign and change.action != "unchanged")
