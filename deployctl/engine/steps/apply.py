"""Apply: the whole overlay, server-side, workloads last so that new pods see the new configuration."""

from __future__ import annotations

from deployctl.engine.observe import render, scoped
from deployctl.engine.run import Run, Work
from deployctl.model.errors import ReleaseFailed, Unavailable
from deployctl.model.event import StepProgress
from deployctl.model.manifest import Manifest
from deployctl.model.plan import ApplyStep
from deployctl.model.service import WORKLOAD_KINDS


def apply(run: Run, step: ApplyStep) -> Work:
    """Raises ReleaseFailed when the tree renders otherwise than planned, ClusterRejected, Unavailable."""
    _insist_on_plan(run)
    actions = {change.ref: change.action for change in run.plan.changes}
    ordered = in_order(run.plan.manifests)
    for done, manifest in enumerate(ordered, start=1):
        again = actions.get(manifest.ref) == "recreate"
        run.applied[manifest.ref] = _write(run, manifest, again=again)
        if actions.get(manifest.ref) != "unchanged":
            yield StepProgress("apply", f"{manifest.ref} {actions.get(manifest.ref)}d", done, len(ordered))
    return f"{step.objects} of {len(ordered)} objects changed"


def _write(run: Run, manifest: Manifest, *, again: bool) -> Manifest:
    """One object. A rejected one was not written; one without an answer may have been."""
    writer = run.target.ports.writer
    try:
        applied = writer.recreate(manifest) if again else writer.apply(manifest)
    except Unavailable:
        run.wrote_cluster = True
        raise
    run.wrote_cluster = True
    return applied


def in_order(manifests: tuple[Manifest, ...]) -> tuple[Manifest, ...]:
    """kustomize's order, but workloads after everything that their pods may read."""
    return tuple(sorted(manifests, key=lambda m: m.ref.kind in WORKLOAD_KINDS))


def _insist_on_plan(run: Run) -> None:
    """After the bump the tree itself must render to what was shown."""
    target = run.target
    manifests, _ = scoped(render(target).manifests, target.ports.cluster.kinds(), target.environment.namespace)
    if manifests != run.plan.manifests:
        planned = {m.ref: m.body for m in run.plan.manifests}
        differing = [str(m.ref) for m in manifests if planned.get(m.ref) != m.body]
        raise ReleaseFailed(
            "the overlay on disk does not render to what was planned; the cluster was not touched",
            where=str(target.environment.overlay),
            evidence=tuple(f"differs: {name}" for name in differing),
            action="look for another writer of these files, then run the release again",
        )
