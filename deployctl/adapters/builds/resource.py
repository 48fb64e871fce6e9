"""Finding the registry among Azure's resources, by as much of its address as the configuration holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployctl.adapters.builds import calls
from deployctl.adapters.builds.call import Call
from deployctl.model.environment import RegistryConfig
from deployctl.model.errors import Unavailable
from deployctl.model.json import Json, items, text

if TYPE_CHECKING:
    from deployctl.adapters.builds.arm import Arm

ABAC = "AbacRepositoryPermissions"


@dataclass(frozen=True)
class RegistryResource:
    """A registry as Azure Resource Manager knows it."""

    id: str
    login_server: str
    abac: bool
    """Its permissions are per repository: builds must be asked to act as their caller."""


def find_registry(arm: Arm, config: RegistryConfig) -> RegistryResource:
    """One request when subscription and resource group are configured, else up to two more.

    Raises Unavailable when there is none, and what Arm raises.
    """
    name = config.name or config.login_server.partition(".")[0].partition("-")[0]
    resource = _configured(config, name) or _discovered(arm, config, name)
    body = arm.call(calls.get_registry(resource))
    login_server = text(body, "properties", "loginServer")
    if login_server and login_server.lower() != config.login_server.lower():
        raise Unavailable(
            f"the registry {name} has the login server {login_server}, not {config.login_server}",
            where=resource,
            action="correct `name` or `login_server` under [registry]",
        )
    return RegistryResource(resource, login_server, text(body, "properties", "roleAssignmentMode") == ABAC)


def _configured(config: RegistryConfig, name: str) -> str:
    if config.subscription and config.resource_group:
        return calls.resource_id(config.subscription, config.resource_group, name)
    return ""


def _discovered(arm: Arm, config: RegistryConfig, name: str) -> str:
    subscriptions = (config.subscription,) if config.subscription else _subscriptions(arm)
    for subscription in subscriptions:
        for resource in _all(arm, calls.list_registries(subscription)):
            if text(resource, "name").lower() == name.lower():
                return text(resource, "id")
    where = ", ".join(subscriptions) or "no subscription"
    raise Unavailable(
        f"no registry named {name} is visible to this identity",
        where=f"Azure, {where}",
        action="set `name`, `subscription` and `resource_group` under [registry], or ask for the role Reader on it",
    )


def _subscriptions(arm: Arm) -> tuple[str, ...]:
    return tuple(text(one, "subscriptionId") for one in _all(arm, calls.list_subscriptions()))


def _all(arm: Arm, call: Call | None) -> Iterator[Json]:
    """What a list holds, page by page."""
    while call is not None:
        page = arm.call(call)
        yield from items(page, "value")
        following = text(page, "nextLink")
        call = calls.at_location(following) if following else None
