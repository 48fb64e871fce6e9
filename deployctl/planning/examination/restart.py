"""Would the pods start again? The release's own proofs, made of the live objects instead of the overlay's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from deployctl.model.change import ObjectChange
from deployctl.model.diagnosis import Diagnosis
from deployctl.model.examination import Present
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.outside import Outside
from deployctl.model.plan import Transition
from deployctl.model.snapshot import Snapshot
from deployctl.model.workload import Workload
from deployctl.planning.examination.look import looked_at
from deployctl.planning.examination.telling import as_diagnosis, grouped
from deployctl.planning.proofs import PROOFS
from deployctl.planning.proofs.proof import Proof, together
from deployctl.planning.proofs.room import room
from deployctl.planning.proofs.scope import Scope
from deployctl.planning.transitions import RESTARTABLE, transition_kind

VERSIONS = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "CronJob": "batch/v1",
    "Job": "batch/v1",
}
HARMFUL = ("certificate-expired", "certificate-other-host", "dns-no-address")
"""Warnings of a release that are wrong all the same."""
ELSEWHERE = ("unhealthy-before", "certificate-not-ready")
"""Said better by another rule of the examination."""


def live_manifests(workloads: tuple[Workload, ...], outside: Outside, namespace: str) -> tuple[Manifest, ...]:
    """What runs, in the shape in which the proofs take what will run."""
    return (*(_manifest(w, namespace) for w in workloads), *outside.ingresses)


def _manifest(workload: Workload, namespace: str) -> Manifest:
    ref = ObjectRef(VERSIONS[workload.ref.kind], workload.ref.kind, namespace, workload.ref.name)
    metadata = {"name": ref.name, "namespace": namespace, "annotations": workload.annotations}
    body = {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata, "spec": workload.spec}
    return Manifest(ref, body)


def latent(present: Present) -> tuple[Diagnosis, ...]:
    """What would keep pods from starting again, and what an ingress names that is not there."""
    namespace = present.snapshot.environment.namespace
    workloads = tuple(w for w in looked_at(present) if w.ref.kind in (*RESTARTABLE, "CronJob"))
    manifests = live_manifests(workloads, present.outside, namespace)
    moves = tuple(Transition(w.ref, transition_kind(w), restart=True) for w in workloads)
    changes = tuple(ObjectChange(m.ref, "change") for m in manifests)
    mine = {w.ref for w in workloads}
    live = replace(
        present.snapshot,
        manifests=manifests,
        predicted={},
        live={m.ref: m for m in manifests},
        access=tuple(a for a in present.snapshot.access if a.workload in mine),
    )
    proof = _proof(live, changes, moves)
    surging = {str(w.ref) for w in workloads if transition_kind(w) == "rolling"}
    found = [as_diagnosis(f, "note" if f.id == "no-room" and f.where in surging else "fatal", namespace)
             for f in proof.refusals]  # fmt: skip
    found += [as_diagnosis(f, "fatal" if f.id in HARMFUL else "note", namespace)
              for f in proof.warnings if f.id not in ELSEWHERE]  # fmt: skip
    return grouped(found)


def _proof(live: Snapshot, changes: tuple[ObjectChange, ...], moves: tuple[Transition, ...]) -> Proof:
    """Each workload's room alone: one that starts again finds its own place empty, not everybody's. What cannot be
    proven of room is no news here."""
    scope = Scope(live, changes, moves)
    alone = [Proof(room(Scope(live, changes, (move,))).refusals) for move in moves]
    return together((*(proof(scope) for proof in PROOFS if proof is not room), *alone))


def worded(found: Iterable[Diagnosis]) -> Iterator[Diagnosis]:
    """A pod that runs shows nothing of it yet; that is what makes it worth saying."""
    for one in found:
        pods = not one.object.startswith(("ingress/", "secret/")) and one.severity == "fatal"
        yield replace(one, summary=f"pods would not start again: {one.summary}") if pods else one
