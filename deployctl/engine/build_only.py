"""Building without deploying."""

from __future__ import annotations

from collections.abc import Generator

from deployctl.engine.images import service_facts
from deployctl.engine.run import Work, timed
from deployctl.engine.steps.build import build_image
from deployctl.engine.target import Target
from deployctl.model.errors import UsageError
from deployctl.model.event import RunEvent, StepSkipped
from deployctl.model.request import ReleaseRequest
from deployctl.model.snapshot import ServiceFacts


def build_only(request: ReleaseRequest, target: Target) -> Generator[RunEvent, None, None]:
    """One image after the other, absent ones only. Raises UsageError, Unavailable, ReleaseFailed."""
    for facts in service_facts(request, target):
        title = f"build {facts.image}"
        if facts.found is not None:
            yield StepSkipped("build", title, f"it exists: {facts.found.digest}")
        else:
            _insist_buildable(facts, target)
            yield from timed(target.ports.clock, "build", title, _build(facts, target))


def _insist_buildable(facts: ServiceFacts, target: Target) -> None:
    if facts.service.source is None:
        raise UsageError(
            f"{facts.service.name} has no build context",
            where=f"services.{facts.service.name}",
            action="add context and dockerfile to it in the configuration",
        )
    if target.ports.builder is None:
        raise UsageError(
            f"the registry {target.environment.registry.login_server} has no builder",
            where=str(target.project.source),
            action='set builder = "acr" in its table, or push the image yourself',
        )


def _build(facts: ServiceFacts, target: Target) -> Work:
    built = yield from build_image(target, facts.service, facts.image)
    if facts.extra_tags:
        target.ports.registry.tag(facts.image, built.digest, facts.extra_tags)
    return built.digest
