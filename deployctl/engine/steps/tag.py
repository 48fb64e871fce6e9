"""Tag: point extra tags, such as `prod-latest`, at the released digest. No build, only a manifest put again."""

from __future__ import annotations

from deployctl.engine.run import Run, Work
from deployctl.model.event import StepProgress
from deployctl.model.plan import TagStep


def tag(run: Run, step: TagStep) -> Work:
    """Tags that are at the digest already are left alone. Raises Unavailable."""
    registry, digest = run.target.ports.registry, run.facts[step.service].digest
    moving = []
    for name in step.tags:
        found = registry.resolve(step.image.with_tag(name))
        if found is None or found.digest != digest:
            moving.append(name)
            yield StepProgress("tag", f"{name} -> {digest[:19]}")
    if moving:
        registry.tag(step.image, digest, tuple(moving))
    return ", ".join(moving) or "in place already"
