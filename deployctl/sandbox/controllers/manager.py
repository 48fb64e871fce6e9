"""Starts the control loops and keeps them running."""

from __future__ import annotations

from datetime import datetime

from cryptography.x509.oid import ExtendedKeyUsageOID

from deployctl.sandbox.contracts import Clock, Faults, Objects
from deployctl.sandbox.controllers.certificates.controller import CertificateController, Issue
from deployctl.sandbox.controllers.cronjob.controller import CronJobController
from deployctl.sandbox.controllers.daemonset import DaemonSetController
from deployctl.sandbox.controllers.deployment.controller import DeploymentController
from deployctl.sandbox.controllers.disruption import DisruptionController
from deployctl.sandbox.controllers.endpoints import EndpointsController
from deployctl.sandbox.controllers.garbage import GarbageCollector
from deployctl.sandbox.controllers.job.controller import JobController
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.tasks import Tasks
from deployctl.sandbox.controllers.kit.world import World
from deployctl.sandbox.controllers.nodelifecycle import NodeLifecycleController
from deployctl.sandbox.controllers.replicaset import ReplicaSetController
from deployctl.sandbox.controllers.scheduler.controller import Scheduler
from deployctl.sandbox.controllers.statefulset.controller import StatefulSetController
from deployctl.sandbox.controllers.volumes import VolumeController
from deployctl.sandbox.pki import Authority

CONTROLLERS: tuple[type[Controller], ...] = (
    DeploymentController,
    ReplicaSetController,
    StatefulSetController,
    DaemonSetController,
    JobController,
    CronJobController,
    EndpointsController,
    GarbageCollector,
    VolumeController,
    NodeLifecycleController,
    DisruptionController,
    Scheduler,
)


async def run_controllers(objects: Objects, clock: Clock, faults: Faults, authority: Authority | None = None) -> None:
    """Run the control plane until cancelled. Certificates are signed by `authority`, or by one made for this run."""
    world = World(objects, clock, faults)
    issue = issued_by(authority or Authority.open())
    controllers = [*(controller(world) for controller in CONTROLLERS), CertificateController(world, issue)]
    tasks = Tasks()
    try:
        for controller in controllers:
            tasks.start(controller.run(), controller.name)
        await world.run()
    finally:
        await tasks.cancel()


def issued_by(authority: Authority) -> Issue:
    def issue(names: tuple[str, ...], until: datetime) -> tuple[bytes, bytes]:
        pair = authority.issue(names, [ExtendedKeyUsageOID.SERVER_AUTH], until=until)
        return pair.certificate, pair.key

    return issue
