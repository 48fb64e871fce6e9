"""Restart: new pods of an unchanged template, exactly once whatever happens in between."""

from __future__ import annotations

from deployctl.engine.run import Run, Work
from deployctl.model.errors import ReleaseFailed
from deployctl.model.event import StepProgress
from deployctl.model.manifest import Manifest
from deployctl.model.plan import RestartStep
from deployctl.model.workload import parse_workload
from deployctl.ports import ClusterRejected

ATTEMPTS = 5


def restart(run: Run, step: RestartStep) -> Work:
    """The stamp is the release's own, so a second try finds it there and does nothing. Raises ReleaseFailed."""
    for attempt in range(1, ATTEMPTS + 1):
        live = _live(run, step)
        if parse_workload(live.body).restarted_at == run.stamp:
            return run.stamp
        yield StepProgress("restart", f"{step.workload} attempt {attempt}" if attempt > 1 else str(step.workload))
        try:
            run.wrote_cluster = True
            run.applied[live.ref] = run.target.ports.writer.stamp_restart(live, run.stamp)
            return run.stamp
        except ClusterRejected as rejected:
            if rejected.reason != "Conflict":
                raise
    raise ReleaseFailed(
        "the workload keeps changing under the restart",
        where=str(step.workload),
        action=f"see who writes to it: kubectl get {step.workload} --show-managed-fields -o yaml",
    )


def _live(run: Run, step: RestartStep) -> Manifest:
    ref = next(
        m.ref for m in run.plan.manifests if (m.ref.kind, m.ref.name) == (step.workload.kind, step.workload.name)
    )
    found = run.target.ports.cluster.get((ref,)).get(ref)
    if found is None:
        raise ReleaseFailed("the workload is gone", where=str(step.workload), action="run the release again")
    return found
