"""`Recreate`: nothing of the new revision before the last old pod is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.controllers.deployment.family import Family, active, total
from deployctl.sandbox.controllers.deployment.status import is_complete
from deployctl.sandbox.controllers.kit.meta import uid_of
from deployctl.sandbox.controllers.kit.pods import is_terminal

if TYPE_CHECKING:
    from deployctl.sandbox.controllers.deployment.controller import DeploymentController


def step(controller: DeploymentController, family: Family) -> None:
    """Scale the old sets down, or wait for their pods, or bring the new set up."""
    scaled = [controller.scale(family, old, 0) for old in active(family.old)]
    if any(scaled) or _old_pods_run(controller, family):
        controller.write_status(family)
        return
    if family.new is None:
        controller.create_new(family)
    if family.new is not None:
        controller.scale(family, family.new, family.replicas)
    if is_complete(family.deployment, family.deployment.get("status") or {}):
        controller.clean_up(family)
    controller.write_status(family)


def _old_pods_run(controller: DeploymentController, family: Family) -> bool:
    """Terminating pods run; ones that failed or succeeded do not."""
    if total(family.old, "replicas") > 0:
        return True
    pods = (pod for old in family.old for pod in controller.world.owned("pods", uid_of(old)))
    return any(not is_terminal(pod) for pod in pods)
