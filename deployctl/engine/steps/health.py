"""Health: GET the document through the real ingress until it is right several times in a row."""

from __future__ import annotations

from deployctl.engine.run import Run, Work
from deployctl.model.errors import ReleaseFailed
from deployctl.model.event import Probed
from deployctl.model.plan import HealthStep, ServicePlan
from deployctl.model.rules.health import Verdict, judge_health


def health(run: Run, step: HealthStep) -> Work:
    """Raises ReleaseFailed with the last answers when the deadline passes first."""
    policies, clock = run.target.environment.policies, run.target.ports.clock
    service = next(s for s in run.plan.services if s.service.name == step.service)
    deadline = clock.monotonic() + policies.deadlines.health
    streak, seen = 0, dict[str, int]()
    while True:
        verdict = ask(run, step, service)
        streak = streak + 1 if verdict.good else 0
        if not verdict.good:
            seen[verdict.detail] = seen.get(verdict.detail, 0) + 1
        yield Probed(step.service, step.url, verdict.good, verdict.detail, streak, policies.repeats)
        if streak >= policies.repeats:
            return f"{streak} times in a row"
        if clock.monotonic() >= deadline:
            raise ReleaseFailed(
                f"{step.service} is not healthy after {policies.deadlines.health:g} s",
                where=f"GET {step.url}",
                evidence=tuple(f"{count} times: {detail}" for detail, count in seen.items()),
                action=f"deployctl rollback --env {run.plan.environment}",
            )
        clock.sleep(policies.health_interval)


def ask(run: Run, step: HealthStep, service: ServicePlan) -> Verdict:
    """One request and what it proves."""
    check = service.service.health
    assert check is not None, "a health step is planned only where there is a check"
    return judge_health(run.target.ports.probe.get(step.url), check, service.version)
