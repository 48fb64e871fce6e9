"""Promote: the very image that one environment tested, under the tag of another. Nothing is built."""

from __future__ import annotations

from dataclasses import dataclass

from deployctl.engine.failure import before_any_write
from deployctl.engine.images import version_of
from deployctl.engine.run import Events, Work, timed
from deployctl.engine.target import Target
from deployctl.model.errors import DeployError, Interrupted, Refused, ReleaseFailed
from deployctl.model.event import StepProgress, StepSkipped
from deployctl.model.image import Image
from deployctl.model.promotion import PromoteRequest
from deployctl.model.request import ReleaseRequest
from deployctl.model.rules.existing_tag import described
from deployctl.model.service import Service
from deployctl.model.tag import release_tag
from deployctl.ports import ImageCopier


@dataclass(frozen=True)
class _Copy:
    """One image on its way."""

    source: Image
    """With its digest."""
    target: Image
    copier: ImageCopier


def promote(request: PromoteRequest, origin: Target, target: Target) -> Events:
    """Every image is looked for before the first is copied.

    Raises UsageError; Refused (it does not exist there, or another image has its tag here); Unavailable; ReleaseFailed
    when what arrived is not what was sent.
    """
    copies = []
    for service in target.services(request.services):
        source, wanted = _images(request, service, origin, target)
        if wanted.digest:
            yield StepSkipped("promote", _title(source, wanted), f"it is there already: {wanted.digest}")
        else:
            copies.append(_Copy(source, wanted, _copier(target)))
    for copy in copies:
        try:
            yield from timed(target.ports.clock, "promote", _title(copy.source, copy.target), _copied(copy, target))
        except KeyboardInterrupt as interrupt:
            raise Interrupted(
                "an import that has begun goes on in Azure", action="the same command again verifies it"
            ) from interrupt


def _title(source: Image, target: Image) -> str:
    return f"promote {source.repository}:{source.tag} to {target.repository}:{target.tag}"


def _images(request: PromoteRequest, service: Service, origin: Target, target: Target) -> tuple[Image, Image]:
    """Where it comes from, with its digest, and where it goes; that one has a digest only when it is there already."""
    version = version_of(ReleaseRequest(request.services, request.version), service, target)
    source = origin.environment.image_for(service, release_tag(origin.environment, service, version))
    wanted = target.environment.image_for(service, release_tag(target.environment, service, version))
    tested = origin.ports.registry.resolve(source)
    if tested is None:
        raise Refused(
            f"{origin.environment.name} has no {source}",
            where=f"services.{service.name}",
            action=f"deployctl build {service.name} --env {origin.environment.name}; test it; then promote it",
        )
    there = target.ports.registry.resolve(wanted)
    if there is not None and there.digest != tested.digest:
        raise Refused(
            f"{wanted} exists and is another image than the one in {origin.environment.name}",
            where=f"services.{service.name}",
            evidence=(*described(there), f"in {origin.environment.name}: {tested.digest}"),
            action="bump the version: a tag that may run already is never moved",
        )
    return source.with_digest(tested.digest), wanted.with_digest(there.digest if there else "")


def _copier(target: Target) -> ImageCopier:
    if target.ports.copier is None:
        registry = target.environment.registry.login_server
        raise Refused(
            f"images cannot be imported into {registry}: it is no Azure registry",
            where=f"environments.{target.environment.name}",
            action='copy it by other means, or set kind = "acr" if it is one',
        )
    return target.ports.copier


def _copied(copy: _Copy, target: Target) -> Work:
    """An import whose answer was lost may have come true: the registry decides."""
    registry, wanted = target.ports.registry, copy.source.digest
    yield StepProgress("promote", f"importing {copy.source.repository}@{wanted}")
    lost: DeployError | None = None
    try:
        copy.copier.copy(copy.source, copy.target)
    except DeployError as failure:
        lost = failure
    found = registry.resolve(copy.target)
    if found is not None and found.digest == wanted:
        if target.environment.registry.lock_tags:
            registry.lock(copy.target)
        return f"verified: {wanted}"
    if lost is not None:
        raise before_any_write(lost) from lost
    raise ReleaseFailed(
        "what arrived is not what was sent",
        where=str(copy.target),
        evidence=(f"sent: {wanted}", f"in the registry: {found.digest if found else 'nothing'}"),
        action="do not deploy it; look at who else writes to this repository, then promote again",
    )
