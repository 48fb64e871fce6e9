"""What speaks against a build, or should be known of one."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.change import Finding
from deployctl.model.plan import ServicePlan
from deployctl.model.request import ReleaseRequest
from deployctl.model.rules.existing_tag import Differs, another_tree, existing_tag, tag_replaced
from deployctl.model.rules.unclean import dirty_finding
from deployctl.model.snapshot import ServiceFacts


def build_refusals(request: ReleaseRequest, facts: ServiceFacts, service: ServicePlan) -> Iterator[Finding]:
    """An image that lacks what lies here; a tree that git does not know, where that is not allowed."""
    if service.build and facts.dirty and request.git_clean:
        yield dirty_finding(facts.service.name, facts.dirty)
    if request.rebuild and not service.build:
        yield _not_buildable(facts)
    if not request.skip_build and (finding := _of_another_tree(request, facts)):
        yield finding


def build_warnings(request: ReleaseRequest, facts: ServiceFacts, service: ServicePlan) -> Iterator[Finding]:
    """What a person may go on in spite of."""
    if service.build:
        if facts.dirty and not request.git_clean:
            yield dirty_finding(facts.service.name, facts.dirty)
        yield from facts.suspects
        if facts.replaced:
            yield tag_replaced(facts.service.name, facts.image, facts.replaced)
    if request.skip_build and (finding := _of_another_tree(request, facts)):
        yield finding


def _of_another_tree(request: ReleaseRequest, facts: ServiceFacts) -> Finding | None:
    """A rollback goes to an image that was made of another tree, and is meant to."""
    choice = existing_tag(facts.found, facts.context, facts.changed)
    if not isinstance(choice, Differs) or request.recorded_image(facts.service.name):
        return None
    return another_tree(
        facts.service.name, facts.image, choice, "or release the image as it is, without what changed: --skip-build"
    )


def _not_buildable(facts: ServiceFacts) -> Finding:
    service = f"services.{facts.service.name}"
    if facts.service.source is None:
        return Finding("not-buildable", f"{facts.image} cannot be built anew: {service} has no context", service)
    return Finding("not-buildable", f"{facts.image} cannot be built anew: its registry has no builder", service)
