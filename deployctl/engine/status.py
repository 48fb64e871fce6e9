"""Reading an environment at a glance. Reads only."""

from __future__ import annotations

from dataclasses import replace

from deployctl.engine.observe import render
from deployctl.engine.recorded import recorded
from deployctl.engine.target import Target
from deployctl.model.manifest import Manifest
from deployctl.model.plan import Transition
from deployctl.model.rollout import RolloutReport, World
from deployctl.model.rules.assess import assess_rollout
from deployctl.model.rules.images import images_of
from deployctl.model.rules.watch import start_watch
from deployctl.model.service import Service
from deployctl.model.status import EnvironmentStatus, ServiceStatus
from deployctl.model.workload import Workload
from deployctl.planning.transitions import running_digests, transition_kind
from deployctl.planning.users import own_reference


def read_status(target: Target, services: tuple[Service, ...]) -> EnvironmentStatus:
    """The cluster, the lock, the last release and each service. Raises Unavailable, Refused."""
    ports, environment = target.ports, target.environment
    identity = ports.cluster.identify()
    world = ports.cluster.world(environment.namespace)
    rendered = render(target).manifests
    holder = ports.leases.holder()
    history = recorded(target)
    return EnvironmentStatus(
        environment=environment.name,
        namespace=environment.namespace,
        server=identity.server,
        version=identity.version,
        lock=f"{holder.holder} is at: {holder.phase}, since {holder.acquired:%H:%M:%S} UTC" if holder else "",
        last=history[0] if history else None,
        services=tuple(_service(target, world, rendered, service) for service in services),
    )


def _service(target: Target, world: World, rendered: tuple[Manifest, ...], service: Service) -> ServiceStatus:
    image = target.environment.image_for(service, "")
    live = tuple(w for w in world.workloads if w.ref in service.workloads)
    wanted = [m for m in rendered if any((r.kind, r.name) == (m.ref.kind, m.ref.name) for r in service.workloads)]
    return ServiceStatus(
        service=service.name,
        wanted=own_reference(tuple(r for m in wanted for r in images_of(m.body)), image),
        named=own_reference(tuple(c.image for w in live for c in w.containers), image),
        running=running_digests(world, image),
        rollouts=tuple(_look(target, world, workload) for workload in live),
    )


def _look(target: Target, world: World, workload: Workload) -> RolloutReport:
    """One look: a settling time or repeated looks are for those who wait."""
    at_once = replace(target.environment.policies, settle=0.0, repeats=1)
    transition = Transition(workload.ref, transition_kind(workload))
    report, _ = assess_rollout(world, start_watch(world, transition, at_once, namespace=target.environment.namespace))
    return report
