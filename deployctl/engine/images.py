"""Which image each requested service would be released as, and what the registry says of it."""

from __future__ import annotations

from deployctl.engine.target import Target
from deployctl.model.errors import UsageError
from deployctl.model.image import parse_image
from deployctl.model.request import ReleaseRequest
from deployctl.model.service import Service
from deployctl.model.snapshot import ServiceFacts
from deployctl.model.tag import expand_tag
from deployctl.model.version import read_version
from deployctl.planning.users import same_repository


def service_facts(request: ReleaseRequest, target: Target) -> tuple[ServiceFacts, ...]:
    """One entry for each requested service, in the order of the request. Raises UsageError, Unavailable."""
    commit = target.ports.repository.state().commit if _needs_commit(target) else ""
    return tuple(_facts(request, target, target.project.service(name), commit) for name in request.services)


def _needs_commit(target: Target) -> bool:
    environment = target.environment
    return any("{git_sha}" in t for t in (environment.tag_template, *environment.extra_tag_templates))


def _facts(request: ReleaseRequest, target: Target, service: Service, commit: str) -> ServiceFacts:
    recorded = request.recorded_image(service.name)
    if recorded is not None:
        image = parse_image(recorded.reference)
        return ServiceFacts(service, recorded.version, image, (), target.ports.registry.resolve(image))
    environment = target.environment
    version = request.version or version_of(service, target)
    values = {"version": version, "git_sha": commit, "service": service.name, "environment": environment.name}
    image = environment.image_for(service, expand_tag(environment.tag_template, values))
    extra = tuple(expand_tag(template, values) for template in environment.extra_tag_templates)
    return ServiceFacts(service, version, image, extra, target.ports.registry.resolve(image))


def version_of(service: Service, target: Target) -> str:
    """The version in the service's version file. Raises UsageError."""
    if service.version_file is None:
        raise UsageError(
            f"{service.name} has no version_file, so its version must be given",
            where=f"services.{service.name}",
            action=f"add --version, or version_file to services.{service.name}",
        )
    return read_version(service.version_file, target.ports.files.read(service.version_file))


def live_reference_of(target: Target, service: str) -> str:
    """The image reference that the service's live workload names now; empty when none is live. Raises Unavailable."""
    found = target.project.service(service)
    image = target.environment.image_for(found, "")
    world = target.ports.cluster.world(target.environment.namespace)
    for workload in world.workloads:
        if workload.ref in found.workloads:
            references = [c.image for c in workload.containers]
            same = [r for r in references if same_repository(r, image)]
            if same or len(references) == 1:
                return (same or references)[0]
    return ""
