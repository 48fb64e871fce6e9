"""Building without deploying."""

from __future__ import annotations

import threading
from collections.abc import Generator
from functools import partial

from deployctl.engine.failure import before_any_write
from deployctl.engine.images import service_facts
from deployctl.engine.run import Events, Work, timed
from deployctl.engine.side_by_side import Leave, side_by_side
from deployctl.engine.steps.build import build_image
from deployctl.engine.target import Target
from deployctl.model.change import Finding
from deployctl.model.context import ContextListing
from deployctl.model.errors import DeployError, Interrupted, Refused, UsageError
from deployctl.model.event import RunEvent, StepProgress, StepSkipped, Warned
from deployctl.model.image import Platform
from deployctl.model.node import Node
from deployctl.model.request import ReleaseRequest
from deployctl.model.rules.existing_tag import Differs, Make, Reuse, another_tree, existing_tag, tag_replaced
from deployctl.model.rules.platforms import platform_lines, telling, unfit
from deployctl.model.rules.unclean import dirty_finding
from deployctl.model.service import BuildSource
from deployctl.model.snapshot import ServiceFacts


def list_contexts(names: tuple[str, ...], target: Target) -> Generator[tuple[str, ContextListing], None, None]:
    """What would travel for each service. Nothing is contacted. Raises UsageError, Refused."""
    for service in target.services(names):
        yield service.name, target.ports.contexts.listing(_source(service.name, service.source))


def build_only(request: ReleaseRequest, target: Target) -> Events:
    """Absent images side by side; one that exists is reused, refused or, with `rebuild`, replaced.

    Raises UsageError, Unavailable; Refused when a build fails, for nothing was deployed; Interrupted.
    """
    wanted = []
    for facts in service_facts(request, target):
        choice = _choice(facts)
        if isinstance(choice, Reuse) and not request.rebuild:
            yield StepSkipped("build", f"build {facts.image}", choice.why)
            continue
        _insist_buildable(facts, target)
        yield from _warnings(facts, request)
        wanted.append(facts)
    if not wanted:
        return
    nodes = _Nodes(target)
    try:
        yield from side_by_side([partial(_timed, facts, target, nodes) for facts in wanted])
    except KeyboardInterrupt as interrupt:
        raise Interrupted("no build was left running") from interrupt
    except DeployError as failure:
        raise before_any_write(failure) from failure


def _choice(facts: ServiceFacts) -> Reuse | Make:
    choice = existing_tag(facts.found, facts.context, facts.changed)
    if isinstance(choice, Differs):
        finding = another_tree(facts.service.name, facts.image, choice)
        raise Refused(finding.what, where=finding.where, evidence=finding.evidence, action=finding.action)
    return choice


def _insist_buildable(facts: ServiceFacts, target: Target) -> None:
    _source(facts.service.name, facts.service.source)
    if target.ports.builder is None:
        raise UsageError(
            f"the registry {target.environment.registry.login_server} has no builder",
            where=str(target.project.source),
            action='set builder = "acr" in its table, or push the image yourself',
        )


def _source(service: str, source: BuildSource | None) -> BuildSource:
    if source is None:
        raise UsageError(
            f"{service} has no build context",
            where=f"services.{service}",
            action="add context and dockerfile to it in the configuration",
        )
    return source


def _warnings(facts: ServiceFacts, request: ReleaseRequest) -> Events:
    if facts.dirty and request.git_clean:
        finding = dirty_finding(facts.service.name, facts.dirty)
        raise Refused(finding.what, where=finding.where, evidence=finding.evidence, action=finding.action)
    if facts.dirty:
        yield Warned(dirty_finding(facts.service.name, facts.dirty))
    for finding in facts.suspects:
        yield Warned(finding)
    if facts.replaced:
        yield Warned(tag_replaced(facts.service.name, facts.image, facts.replaced))


def _timed(facts: ServiceFacts, target: Target, nodes: _Nodes, leave: Leave) -> Events:
    return timed(target.ports.clock, "build", f"build {facts.image}", _build(facts, target, nodes, leave))


def _build(facts: ServiceFacts, target: Target, nodes: _Nodes, leave: Leave) -> Work:
    built = yield from build_image(target, facts.service, facts.image, leave)
    if facts.extra_tags:
        target.ports.registry.tag(facts.image, built.digest, facts.extra_tags)
    yield from _fitting(facts, built.platforms, nodes)
    return built.digest


def _fitting(facts: ServiceFacts, platforms: tuple[Platform, ...], nodes: _Nodes) -> Generator[RunEvent, None, None]:
    known = nodes.so_far
    if not known:
        said = "not compared with the nodes' platforms: the cluster did not tell them"
        yield StepProgress("build", said, subject=facts.service.name)
        return
    able = telling(known)
    if able and unfit(platforms, known) == able:
        what = f"no node can run {facts.image}: it is for {', '.join(map(str, platforms))}"
        action = f"set platform of services.{facts.service.name}, or --platform; then build with --rebuild"
        where = f"services.{facts.service.name}.platform"
        yield Warned(Finding("image-architecture", what, where, platform_lines(able), action))


class _Nodes:
    """The cluster's nodes, asked while images are built: a build needs no cluster, and waits for none."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.so_far: tuple[Node, ...] = ()
        threading.Thread(target=self._ask, daemon=True).start()

    def _ask(self) -> None:
        try:
            self.so_far = self._target.ports.cluster.world(self._target.environment.namespace).nodes
        except DeployError:
            self.so_far = ()
