"""Git and the cluster have drifted (K8S-002): what the next release would change beside what it is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.examination import Present
from deployctl.model.rules.diff import diff_objects
from deployctl.model.rules.images import image_users
from deployctl.model.service import WORKLOAD_KINDS, WorkloadRef

INCIDENT = "K8S-002"
SHOWN = 3


def _released(present: Present) -> frozenset[WorkloadRef]:
    """Workloads of any service: those that the configuration lists, and every other user of their images."""
    listed = {ref for service in present.project for ref in service.workloads}
    names = (present.snapshot.environment.image_for(service, "").name for service in present.project)
    return frozenset(listed | {user for name in names for user in image_users(present.snapshot.manifests, name)})


def drift(present: Present) -> Iterator[Diagnosis]:
    """Workloads of no service whose pods the overlay on disk would replace. What differs in a service's own workload
    is what its release is for."""
    snapshot = present.snapshot
    released = _released(present)
    for manifest in snapshot.manifests:
        ref = WorkloadRef(manifest.ref.kind, manifest.ref.name)
        live, foreseen = snapshot.live.get(manifest.ref), snapshot.predicted.get(manifest.ref)
        if ref.kind not in WORKLOAD_KINDS or ref in released or live is None or foreseen is None:
            continue
        change = diff_objects(live, foreseen)
        if not change.rolls:
            continue
        fields = tuple(f"{f.path}: {f.before} -> {f.after}" for f in change.fields[:SHOWN])
        yield Diagnosis(
            "drifted",
            "fatal",
            f"the overlay here and the cluster have drifted apart: the next release of anything would change {ref}",
            str(ref),
            fields,
            f"deployctl plan; then bring Git to what runs, or accept the change: deployctl release … "
            f"--accept-collateral --env {snapshot.environment.name}",
            INCIDENT,
        )
