"""From a scenario's registries to running ones, filled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from deployctl.sandbox.contracts import Clock
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.registry.access import ROLES, Account
from deployctl.sandbox.registry.jwt import Signer
from deployctl.sandbox.registry.make import ImageSpec, make_image
from deployctl.sandbox.registry.registry import Registry
from deployctl.sandbox.registry.storage import Storage
from deployctl.sandbox.scenario.model import AccountSpec, Azure, Identity, ImageEntry, RegistrySpec
from deployctl.sandbox.scenario.quantity import bytes_of


def build_registry(spec: RegistrySpec, azure: Azure, clock: Clock, faults: FaultBoard, entra: Signer) -> Registry:
    """The registry with the scenario's accounts and images. Raises ValueError for a size or role that is none."""
    registry = Registry(
        host=spec.host,
        name=spec.name,
        storage=Storage(clock.now),
        clock=clock,
        faults=faults,
        challenge=spec.challenge,
        accounts=tuple(account(entry, clock.now()) for entry in spec.accounts),
        azure={identity.client_id: _principal(identity) for identity in azure.identities} if spec.name else {},
        anonymous_pull=spec.anonymous_pull,
        entra=entra,
    )
    for image in spec.images:
        make_image(registry.storage, image.repository, image.tag, image_spec(image))
    return registry


def account(spec: AccountSpec, now: datetime) -> Account:
    """Raises ValueError for an unknown role or a time that is none."""
    _check_roles(spec.roles)
    return Account(spec.username, spec.password, spec.roles, spec.repositories, _moment(spec.expires, now))


def image_spec(entry: ImageEntry) -> ImageSpec:
    """What to make of a scenario's image. Raises ValueError for a size that is none."""
    return ImageSpec(
        size=bytes_of(entry.size),
        env=entry.env,
        labels={**entry.labels, **behaviour_labels(entry.behaviour)},
        platforms=entry.platforms,
        salt=entry.salt,
        docker=entry.docker,
    )


def behaviour_labels(behaviour: Mapping[str, str | int | float | bool]) -> dict[str, str]:
    """`sandbox.KEY` labels, dashes for underscores; booleans as `true` and `false`."""
    return {f"sandbox.{key.replace('_', '-')}": _text(value) for key, value in behaviour.items()}


def _text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _principal(identity: Identity) -> Account:
    roles = tuple(role for role in identity.roles if role != "build")
    _check_roles(roles)
    return Account(identity.client_id, identity.secret, roles, identity.repositories)


def _check_roles(roles: tuple[str, ...]) -> None:
    for role in roles:
        if role not in ROLES:
            raise ValueError(f"unknown role {role!r}; there are {', '.join(ROLES)}, and for identities build")


def _moment(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    if text[0] in "+-":
        return now + timedelta(seconds=float(text))
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
