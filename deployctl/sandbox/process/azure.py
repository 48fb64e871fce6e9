"""From a scenario's subscription to a running one."""

from __future__ import annotations

from deployctl.sandbox.arm.agent import Pace
from deployctl.sandbox.arm.app import Azure
from deployctl.sandbox.arm.resources import Subscription
from deployctl.sandbox.arm.tenant import Principal, Tenant
from deployctl.sandbox.process.info import AzureInfo
from deployctl.sandbox.process.registries import behaviour_labels
from deployctl.sandbox.process.world import World
from deployctl.sandbox.scenario.quantity import bytes_of


def build_azure(world: World) -> Azure:
    """Raises ValueError for a size that is none."""
    azure, build = world.scenario.azure, world.scenario.build
    principals = tuple(Principal(i.client_id, i.secret, i.roles) for i in azure.identities)
    subscription = Subscription(
        id=azure.subscription,
        group=azure.resource_group,
        location=azure.location,
        tenant=Tenant(azure.tenant, principals, world.entra, world.faults),
        registries=tuple(registry for registry in world.registries if registry.name),
        tasks_allowed=azure.tasks_allowed,
        abac=azure.abac,
    )
    labels = behaviour_labels(build.behaviour)
    pace = Pace(build.queued_seconds, build.seconds, bytes_of(build.size), labels)
    return Azure(subscription, world.clock, world.faults, pace)


def azure_info(world: World, port: int) -> AzureInfo:
    """Where it answers, with the scenario's first identity."""
    azure = world.scenario.azure
    identity = azure.identities[0] if azure.identities else None
    url = f"https://localhost:{port}"
    return AzureInfo(
        authority=url,
        management=url,
        tenant=azure.tenant,
        subscription=azure.subscription,
        resource_group=azure.resource_group,
        client_id=identity.client_id if identity else "",
        client_secret=identity.secret if identity else "",
    )
