"""Build: have an absent image made, and prove that the registry has what the builder says it pushed."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.engine.run import Run, Work
from deployctl.model.errors import ReleaseFailed
from deployctl.model.event import LogLine, StepProgress
from deployctl.model.image import Image, ImageFacts
from deployctl.model.plan import BuildStep, ServicePlan
from deployctl.ports import BuildEvent, BuildLog, BuildOrder, BuildResult, BuildState


def build(run: Run, step: BuildStep) -> Work:
    """Raises ReleaseFailed when the run fails or the registry disagrees, Unavailable when Azure cannot be reached."""
    service = next(s for s in run.plan.services if s.service.name == step.service)
    result: BuildResult | None = None
    for event in _builder_events(run, service):
        match event:
            case BuildLog(text):
                yield LogLine(step.service, text)
            case BuildState(state, detail):
                yield StepProgress("build", f"{state} {detail}".strip())
            case BuildResult():
                result = event
    facts = proven(step.image, result, run.target.ports.registry.resolve(step.image))
    run.facts[step.service] = facts
    return facts.digest


def _builder_events(run: Run, plan: ServicePlan) -> Iterator[BuildEvent]:
    builder, source = run.target.ports.builder, plan.service.source
    if builder is None or source is None:
        raise AssertionError("a build step is planned only where there is a builder and a source")
    return builder.build(BuildOrder(plan.image, source, run.target.environment.policies.deadlines.build))


def proven(image: Image, result: BuildResult | None, found: ImageFacts | None) -> ImageFacts:
    """The registry's word on a finished build; the builder's word alone is not believed. Raises ReleaseFailed."""
    if found is None:
        raise ReleaseFailed(
            "the build ended well, but the registry has no such image",
            where=str(image),
            action="look at the run's log in Azure; nothing was deployed",
        )
    if result is not None and result.facts.digest and not found.answers(result.facts.digest):
        raise ReleaseFailed(
            "the registry's digest is not the one that the build pushed: somebody else pushed the same tag",
            where=str(image),
            evidence=(f"build {result.run_id}: {result.facts.digest}", f"registry: {found.digest}"),
            action="release a new version; nothing was deployed",
        )
    return found
