"""Health: GET the document through the real ingress until it is right several times in a row."""

from __future__ import annotations

from deployctl.engine.ailing import explained
from deployctl.engine.run import Run, Work
from deployctl.engine.target import Target
from deployctl.model.errors import ReleaseFailed, Unavailable
from deployctl.model.event import Probed
from deployctl.model.plan import HealthStep
from deployctl.model.rules.health import judge_health
from deployctl.model.rules.neighbours import sick_pods
from deployctl.model.service import Service

REMINDER = 10.0
"""Seconds after which the same bad answer is said again."""


def health(run: Run, step: HealthStep) -> Work:
    """As a step of a release. Raises ReleaseFailed."""
    plan = next(s for s in run.plan.services if s.service.name == step.service)
    try:
        return (yield from healthy(run.target, plan.service, step.url, plan.version))
    except ReleaseFailed as failed:
        raise explained(run, failed) from failed


def healthy(target: Target, service: Service, url: str, version: str) -> Work:
    """Ask until the answer was right often enough in a row. `version` is compared where the check names a field for
    it, and not when it is empty. Raises ReleaseFailed with all kinds of answers when the deadline passes first."""
    policies, clock, check = target.environment.policies, target.ports.clock, service.health
    assert check is not None, "only a service with a health check is asked"
    deadline = clock.monotonic() + policies.deadlines.health
    streak, seen, incident = 0, dict[str, int](), ""
    said, said_at = "", float("-inf")
    while True:
        verdict = judge_health(target.ports.probe.get(url), check, version)
        streak = streak + 1 if verdict.good else 0
        if not verdict.good:
            seen[verdict.detail] = seen.get(verdict.detail, 0) + 1
            incident = verdict.incident
        if verdict.good or verdict.detail != said or clock.monotonic() - said_at >= REMINDER:
            said, said_at = verdict.detail, clock.monotonic()
            yield Probed(service.name, url, verdict.good, verdict.detail, streak, policies.repeats)
        if streak >= policies.repeats:
            return f"{streak} times in a row"
        if clock.monotonic() >= deadline:
            raise ReleaseFailed(
                f"{service.name} is not healthy after {policies.deadlines.health:g} s",
                where=f"GET {url}",
                evidence=(*(f"{count} times: {detail}" for detail, count in seen.items()), *_around(target)),
                action=f"look at its log, or go back: deployctl rollback --env {target.environment.name}",
                incident=incident,
            )
        clock.sleep(policies.health_interval)


def _around(target: Target) -> tuple[str, ...]:
    """Pods of the namespace that are not Ready, for the service may miss them; nothing where the cluster is silent."""
    try:
        return sick_pods(target.ports.cluster.world(target.environment.namespace))
    except Unavailable:
        return ()
