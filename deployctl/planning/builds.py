"""What speaks against a build, or should be known of one."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.change import Finding
from deployctl.model.plan import ServicePlan
from deployctl.model.request import ReleaseRequest
from deployctl.model.rules.existing_tag import described
from deployctl.model.rules.unclean import dirty_finding
from deployctl.model.snapshot import ServiceFacts


def build_refusals(request: ReleaseRequest, facts: ServiceFacts, service: ServicePlan) -> Iterator[Finding]:
    """A tree that git does not know, where that is not allowed."""
    if service.build and facts.dirty and request.git_clean:
        yield dirty_finding(facts.service.name, facts.dirty)


def build_warnings(request: ReleaseRequest, facts: ServiceFacts, service: ServicePlan) -> Iterator[Finding]:
    """What a person may go on in spite of."""
    if service.build:
        if facts.dirty and not request.git_clean:
            yield dirty_finding(facts.service.name, facts.dirty)
        yield from facts.suspects
    if facts.found and facts.context and facts.found.context != facts.context and not request.version:
        yield Finding(
            "made-of-another-tree",
            f"{facts.image} exists and was made of another tree than the one here: your changes are not in it",
            f"services.{facts.service.name}",
            (*described(facts.found), f"here: context {facts.context}"),
            "bump the version to release what lies here",
        )
