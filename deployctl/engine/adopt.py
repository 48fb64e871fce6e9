"""Remembering what serves before deployctl changes it for the first time, so that rollback has somewhere to go.

Before the first release nothing is recorded, and after somebody deployed by hand the newest record is not what runs.
"""

from __future__ import annotations

from deployctl.engine.run import Run
from deployctl.model.image import parse_image
from deployctl.model.plan import ServicePlan
from deployctl.model.release import Release, ReleasedImage
from deployctl.planning.transitions import running_digests
from deployctl.planning.version_of_tag import version_of_tag


def adopted(run: Run, history: tuple[Release, ...], number: int, deployctl_version: str) -> Release | None:
    """A record of what serves now, for those services whose image no successful release recorded; None when there is
    nothing to remember: nothing serves, or it is known already."""
    images = tuple(image for s in run.plan.services if (image := _serving(run, s)) and not _known(history, image))
    if not images:
        return None
    now = run.target.ports.clock.now()
    return Release(
        number=number,
        operation="adopted",
        environment=run.plan.environment,
        images=images,
        started=now,
        finished=now,
        outcome="done",
        who=run.target.who,
        git_commit="",
        git_dirty=False,
        fingerprint="",
        downtime=None,
        deployctl_version=deployctl_version,
    )


def _serving(run: Run, plan: ServicePlan) -> ReleasedImage | None:
    """The service's one running image; None when several or none run, for then nothing can be said to be good."""
    if not plan.previous:
        return None
    image = parse_image(plan.previous)
    digests = running_digests(run.before, image)
    if len(digests) != 1:
        return None
    found = run.target.ports.registry.resolve(image) if not image.digest else None
    digest = found.digest if found and found.answers(digests[0]) else digests[0]
    version = version_of_tag(run.target.environment.tag_template, image.tag)
    return ReleasedImage(plan.service.name, version, plan.previous, digest)


def _known(history: tuple[Release, ...], image: ReleasedImage) -> bool:
    return any(
        (known.service, known.reference, known.digest) == (image.service, image.reference, image.digest)
        for release in history
        if release.succeeded
        for known in release.images
    )
