"""Build: have an absent image made, and prove that the registry has what the builder says it pushed."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

from deployctl.engine.run import Run, Work
from deployctl.engine.side_by_side import Leave, stay
from deployctl.engine.target import Target
from deployctl.model.errors import ReleaseFailed
from deployctl.model.event import LogLine, RunEvent, StepProgress, Warned
from deployctl.model.image import Image, ImageFacts
from deployctl.model.plan import BuildStep
from deployctl.model.rules.build_log import unused_arguments
from deployctl.model.service import Service
from deployctl.ports import BuildLog, BuildOrder, BuildPulse, BuildResult, BuildState


def build(run: Run, step: BuildStep, leave: Leave = stay) -> Work:
    """Raises ReleaseFailed when the run fails or the registry disagrees, Unavailable when Azure cannot be reached."""
    service = next(s.service for s in run.plan.services if s.service.name == step.service)
    facts = yield from build_image(run.target, service, step.image, leave)
    run.facts[step.service] = facts
    return facts.digest


def build_image(
    target: Target, service: Service, image: Image, leave: Leave = stay
) -> Generator[RunEvent, None, ImageFacts]:
    """Have one image built, its log passed on; returns what the registry then says of it. The tag is locked where the
    configuration wants it. When it is left, by an interruption or `leave`, the run in Azure is cancelled."""
    builder, source = target.ports.builder, service.source
    assert builder is not None, "a build is planned only where there is a builder"
    assert source is not None, "a build is planned only where there is a source"
    result: BuildResult | None = None
    order = BuildOrder(image, source, target.environment.policies.deadlines.build)
    with closing(builder.build(order)) as events:
        for event in events:
            if leave():
                raise KeyboardInterrupt
            match event:
                case BuildLog(text):
                    yield LogLine(service.name, text)
                    yield from map(Warned, unused_arguments(service.name, text))
                case BuildState(state, detail):
                    yield StepProgress("build", f"{state} {detail}".strip(), subject=service.name)
                case BuildResult():
                    result = event
                case BuildPulse():
                    pass
    found = proven(image, result, target.ports.registry.resolve(image))
    if target.environment.registry.lock_tags:
        target.ports.registry.lock(image)
        yield StepProgress("build", f"locked {image.repository}:{image.tag}", subject=service.name)
    return replace(found, context=result.context) if result is not None and result.context else found


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
