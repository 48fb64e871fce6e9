"""Choosing what to go back to: from the records, by a pure rule."""

from __future__ import annotations

from deployctl.engine.images import live_reference_of
from deployctl.engine.recorded import recorded
from deployctl.engine.target import Target
from deployctl.model.errors import Refused
from deployctl.model.release import Release, ReleasedImage
from deployctl.model.request import ReleaseRequest


def rollback_request(
    target: Target, services: tuple[str, ...], to: int | None, *, accept_collateral: bool, commit: bool
) -> ReleaseRequest:
    """The request for a rollback. Raises UsageError (unknown service), Refused (nothing to go back to), Unavailable."""
    history = recorded(target)
    names = tuple(s.name for s in target.services(services)) if services else _last_released(history)
    images = tuple(_image(target, history, name, to) for name in names)
    return ReleaseRequest(
        services=names,
        accept_collateral=accept_collateral,
        commit=commit,
        operation="rollback",
        recorded=images,
    )


def _last_released(history: tuple[Release, ...]) -> tuple[str, ...]:
    newest = next((r for r in history if r.operation != "adopted"), None)
    if newest is None:
        raise Refused(
            "no release has been recorded here, so there is nothing to go back to",
            action="release the wanted version: deployctl release SERVICE --version V",
        )
    return tuple(image.service for image in newest.images)


def _image(target: Target, history: tuple[Release, ...], service: str, to: int | None) -> ReleasedImage:
    """Raises Refused."""
    if to is not None:
        return _numbered(history, service, to)
    now = live_reference_of(target, service)
    found = previous_image(history, service, now)
    if found is None:
        raise Refused(
            f"no successful release of {service} ran anything else than {now or 'what runs now'}",
            where=f"environment {target.environment.name}",
            evidence=tuple(f"#{r.number} {r.outcome}" for r in history[:5]),
            action=f"deployctl history --env {target.environment.name}; or release a version: --version V",
        )
    return found


def _numbered(history: tuple[Release, ...], service: str, number: int) -> ReleasedImage:
    release = next((r for r in history if r.number == number), None)
    image = next((i for i in release.images if i.service == service), None) if release else None
    if release is None or image is None or not image.digest:
        known = ", ".join(f"#{r.number}" for r in history if r.succeeded)
        raise Refused(
            f"release #{number} has no image of {service} to go back to",
            evidence=(f"successful releases: {known or 'none'}",),
            action="deployctl history",
        )
    if not release.succeeded:
        raise Refused(
            f"release #{number} did not succeed ({release.outcome}), so it is nothing to go back to",
            action="choose a successful one: deployctl history",
        )
    return image


def previous_image(history: tuple[Release, ...], service: str, now: str) -> ReleasedImage | None:
    """The service's image in the newest successful release that had another one than `now` (a reference with its
    tag, as the live workload names it). After a failed release `now` is the failed image: this is the last good one."""
    for release in sorted(history, key=lambda r: r.number, reverse=True):
        for image in release.images if release.succeeded else ():
            if image.service == service and image.digest and image.reference != now:
                return image
    return None
