"""An environment that was planned and never deployed (ENV001): then nothing else is worth saying."""

from __future__ import annotations

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.examination import Present
from deployctl.planning.examination.look import looked_at

INCIDENT = "ENV001"


def never_deployed(present: Present) -> Diagnosis | None:
    """No namespace; or one in which nothing of what was asked about runs, and of which no release is known."""
    environment = present.snapshot.environment
    name, namespace = environment.name, environment.namespace
    told = [f"{s}: {v.detail}" for s, v in present.snapshot.health.items() if not v.good]
    evidence = (*(("no release is recorded",) if not present.snapshot.history else ()), *told)
    if present.namespace_exists is False:
        what = f"environment {name} was never deployed: the cluster has no namespace {namespace}"
        action = f"kubectl create namespace {namespace}, make its Secrets, then: deployctl release … --env {name}"
        return Diagnosis("never-deployed", "fatal", what, f"namespace/{namespace}", evidence, action, INCIDENT)
    if not present.snapshot.history and not looked_at(present) and not present.snapshot.world.pods:
        what = f"environment {name} was never deployed: nothing of it runs in namespace {namespace}"
        action = f"make its Secrets, then: deployctl release … --env {name}"
        return Diagnosis("never-deployed", "fatal", what, f"namespace/{namespace}", evidence, action, INCIDENT)
    return None
