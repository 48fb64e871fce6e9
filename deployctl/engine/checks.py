"""Gathering what a verification compares: registry, overlay on disk, live objects, running pods, health. Reads only."""

from __future__ import annotations

from collections.abc import Generator

from deployctl.engine.observe import render, scoped
from deployctl.engine.run import Events, Work, timed
from deployctl.engine.steps.health import healthy
from deployctl.engine.target import Target
from deployctl.model.errors import DeployError, VerificationMismatch
from deployctl.model.event import RunEvent, Verified
from deployctl.model.image import Image, ImageFacts, parse_image
from deployctl.model.rules.verify_rules import overlay_references, verify_checks
from deployctl.model.service import Service
from deployctl.model.verify import Check


def checks_of(target: Target, released: tuple[tuple[Service, Image], ...]) -> tuple[Check, ...]:
    """Every fact of these services. An image without a tag accepts whatever tag the overlay names; one with a tag
    must be the one that the overlay names. Raises Unavailable, Refused."""
    namespace = target.environment.namespace
    rendered, _ = scoped(render(target).manifests, target.ports.cluster.kinds(), namespace)
    world = target.ports.cluster.world(namespace)
    rows: list[Check] = []
    for service, image in released:
        facts: dict[str, ImageFacts | None] = {
            reference: target.ports.registry.resolve(parse_image(reference))
            for reference in overlay_references(image, rendered)
        }
        rows += verify_checks(service, image, rendered, world, facts, namespace=namespace)
    return tuple(rows)


def verify(target: Target, names: tuple[str, ...]) -> Events:
    """Compare, then ask each service for its health. Raises VerificationMismatch, Unavailable, Refused."""
    services = target.services(names)
    facts = yield from _compared(target, services)
    bad = tuple(check for check in facts if not check.good)
    sick = yield from _asked(target, services)
    if bad or sick:
        raise VerificationMismatch(
            f"{target.environment.name} does not run what it should",
            where=", ".join(dict.fromkeys((*(c.subject for c in bad), *(s.problem.where for s in sick)))),
            evidence=(
                *(f"{c.subject} {c.fact}: wanted {c.wanted}, found {c.found}" for c in bad),
                *(line for s in sick for line in (s.problem.what, *s.problem.evidence)),
            ),
            action=next((c.action for c in bad if c.action), next((s.problem.action for s in sick), "")),
        )


def _compared(target: Target, services: tuple[Service, ...]) -> Generator[RunEvent, None, tuple[Check, ...]]:
    found: list[Check] = []

    def work() -> Work:
        found.extend(checks_of(target, tuple((s, target.environment.image_for(s, "")) for s in services)))
        yield Verified(tuple(found))
        return f"{sum(c.good for c in found)} of {len(found)} facts agree"

    yield from timed(target.ports.clock, "verify", f"verify {', '.join(s.name for s in services)}", work())
    return tuple(found)


def _asked(target: Target, services: tuple[Service, ...]) -> Generator[RunEvent, None, tuple[DeployError, ...]]:
    """The failures of those that are not healthy; all are asked."""
    failures: list[DeployError] = []
    for service in services:
        if service.health is None or not target.environment.url:
            continue
        url = target.environment.url.rstrip("/") + service.health.path
        try:
            yield from timed(target.ports.clock, "health", f"check {url}", healthy(target, service, url, ""))
        except DeployError as error:
            failures.append(error)
    return tuple(failures)
