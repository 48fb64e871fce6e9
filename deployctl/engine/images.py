"""Which image each requested service would be released as, and what the registry says of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from deployctl.engine.target import Target
from deployctl.engine.tree import changed_since, context_findings, dirty_files
from deployctl.model.errors import UsageError
from deployctl.model.image import parse_image
from deployctl.model.request import ReleaseRequest
from deployctl.model.service import Service
from deployctl.model.snapshot import ServiceFacts
from deployctl.model.tag import extra_tags, release_tag
from deployctl.model.version import chosen_version, read_version
from deployctl.planning.users import own_reference


def service_facts(request: ReleaseRequest, target: Target) -> tuple[ServiceFacts, ...]:
    """One entry for each requested service, in the order of the request. Raises UsageError, Unavailable."""
    return tuple(map(partial(asked_of_registry, request, target), wanted(request, target)))


def wanted(request: ReleaseRequest, target: Target) -> tuple[ServiceFacts, ...]:
    """What the tree and the request say; nothing is asked of the registry yet. Raises UsageError."""
    services = target.services(request.services)
    commit = target.ports.repository.state().commit if target.environment.extra_tag_templates else ""
    return tuple(_wanted(request, target, service, commit) for service in services)


def asked_of_registry(request: ReleaseRequest, target: Target, facts: ServiceFacts) -> ServiceFacts:
    """With what the registry says of the tag; one that shall be built anew counts as absent. Raises Unavailable."""
    found = target.ports.registry.resolve(facts.image)
    if found and request.rebuild and _can_be_built(target, facts):
        return with_tree(target, replace(facts, replaced=found))
    return with_tree(target, replace(facts, found=found))


def _can_be_built(target: Target, facts: ServiceFacts) -> bool:
    return facts.service.source is not None and target.ports.builder is not None


def with_tree(target: Target, facts: ServiceFacts) -> ServiceFacts:
    """With what the tree says: of an image that can be built, what would travel; of one that says of which tree it was
    made, whether it is this one. Raises UsageError, Refused."""
    source, found = facts.service.source, facts.found
    if source is None or not _can_be_built(target, facts):
        return facts
    if found is None:
        return replace(
            facts, dirty=dirty_files(target, facts.service), suspects=context_findings(target, facts.service)
        )
    if not found.context:
        return facts
    here = target.ports.contexts.digest(source)
    changed = () if here == found.context else changed_since(target, facts.service, found.created)
    return replace(facts, context=here, changed=changed)


def _wanted(request: ReleaseRequest, target: Target, service: Service, commit: str) -> ServiceFacts:
    recorded = request.recorded_image(service.name)
    if recorded is not None:
        return ServiceFacts(service, recorded.version, parse_image(recorded.reference), (), None)
    environment = target.environment
    version = version_of(request, service, target)
    image = environment.image_for(service, release_tag(environment, service, version))
    return ServiceFacts(service, version, image, extra_tags(environment, service, version, commit), None)


def version_of(request: ReleaseRequest, service: Service, target: Target) -> str:
    """The version that was asked for, else the one in the service's version file. Raises UsageError."""
    if service.version_file is None and not request.version:
        raise UsageError(
            f"{service.name} has no version_file, so its version must be given",
            where=f"services.{service.name}",
            action=f"add --version, or version_file to services.{service.name}",
        )
    if request.version or service.version_file is None:
        return chosen_version(request.version, "", "")
    return read_version(target.ports.files.read(service.version_file), str(service.version_file))


def live_reference_of(target: Target, service: str) -> str:
    """The image reference that the service's live workload names now; empty when none is live. Raises Unavailable."""
    found = target.project.service(service)
    image = target.environment.image_for(found, "")
    world = target.ports.cluster.world(target.environment.namespace)
    live = (w for w in world.workloads if w.ref in found.workloads)
    return next((r for w in live if (r := own_reference(tuple(c.image for c in w.containers), image))), "")
