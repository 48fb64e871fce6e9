"""Starts the control loops and keeps them running."""

from __future__ import annotations

from deployctl.sandbox.contracts import Clock, Faults, Objects
from deployctl.sandbox.controllers.deployment.controller import DeploymentController
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.tasks import Tasks
from deployctl.sandbox.controllers.kit.world import World
from deployctl.sandbox.controllers.replicaset import ReplicaSetController
from deployctl.sandbox.controllers.scheduler.controller import Scheduler

CONTROLLERS: tuple[type[Controller], ...] = (DeploymentController, ReplicaSetController, Scheduler)


async def run_controllers(objects: Objects, clock: Clock, faults: Faults) -> None:
    """Run the control plane until cancelled."""
    world = World(objects, clock, faults)
    controllers = [controller(world) for controller in CONTROLLERS]
    tasks = Tasks()
    try:
        for controller in controllers:
            tasks.start(controller.run(), controller.name)
        await world.run()
    finally:
        await tasks.cancel()
