"""Verify, as the last proof of a release: a mismatch here is a failed release."""

from __future__ import annotations

from deployctl.engine.ailing import explained
from deployctl.engine.checks import checks_of
from deployctl.engine.run import Run, Work
from deployctl.model.errors import ReleaseFailed
from deployctl.model.event import Verified
from deployctl.model.plan import VerifyStep


def verify(run: Run, step: VerifyStep) -> Work:
    """Raises ReleaseFailed with every row that differs, after what the pods themselves show to be wrong."""
    released = tuple(
        (s.service, run.facts[s.service.name].image) for s in run.plan.services if s.service.name in step.services
    )
    checks = checks_of(run.target, released)
    yield Verified(checks)
    bad = tuple(check for check in checks if not check.good)
    if bad:
        failed = ReleaseFailed(
            "what runs is not what was released",
            where=", ".join(dict.fromkeys(check.subject for check in bad)),
            evidence=tuple(f"{c.subject} {c.fact}: wanted {c.wanted}, found {c.found}" for c in bad),
            action=next((c.action for c in bad if c.action), f"deployctl rollback --env {run.plan.environment}"),
        )
        raise explained(run, failed)
    return f"{len(checks)} facts agree"
