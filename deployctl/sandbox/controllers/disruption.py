"""PodDisruptionBudgets: how many pods are healthy, and how many may go."""

from __future__ import annotations

from typing import ClassVar

from deployctl.sandbox.contracts import Change, Object
from deployctl.sandbox.controllers.deployment.family import scaled
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.kinds import BUILT_IN
from deployctl.sandbox.controllers.kit.meta import (
    Key,
    condition_of,
    controller_of,
    is_deleting,
    key_of,
    labels_of,
    namespace_of,
    timestamp,
)
from deployctl.sandbox.controllers.kit.pods import is_ready, is_terminal
from deployctl.sandbox.controllers.kit.selectors import matches_labels

BUDGETS = "poddisruptionbudgets.policy"


class DisruptionController(Controller):
    """Keeps each budget's status; what it says is what evictions go by."""

    name: ClassVar[str] = "controllermanager"

    def watch(self) -> None:
        self.world.subscribe(BUDGETS, self.enqueue)
        self.world.subscribe("pods", self._pod_changed)

    def _pod_changed(self, change: Change) -> None:
        for budget in self.world.all(BUDGETS, namespace_of(change.object)):
            if matches_labels(budget["spec"].get("selector"), labels_of(change.object)):
                self.queue.add(key_of(budget))

    def sync(self, key: Key) -> None:
        budget = self.world.get(BUDGETS, *key)
        if budget is None:
            return
        selector = budget["spec"].get("selector")
        pods = [p for p in self.world.all("pods", key[0]) if matches_labels(selector, labels_of(p))]
        pods = [p for p in pods if not is_terminal(p)]
        healthy = sum(is_ready(p) and not is_deleting(p) for p in pods)
        expected, desired = self._numbers(budget, pods)
        allowed = max(0, healthy - desired) if expected else 0
        status: Object = {
            "conditions": [self._condition(budget, allowed)],
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "disruptionsAllowed": allowed,
            "expectedPods": expected,
            "observedGeneration": budget["metadata"].get("generation", 1),
        }
        self.world.update_status(BUDGETS, budget, status, self.manager)

    def _numbers(self, budget: Object, pods: list[Object]) -> tuple[int, int]:
        """Expected and desired pods. Percentages and maxUnavailable are of what the pods' controllers want."""
        spec = budget["spec"]
        if isinstance(spec.get("minAvailable"), int):
            return len(pods), int(spec["minAvailable"])
        expected = self._wanted_by_owners(pods)
        if spec.get("minAvailable") is not None:
            return expected, scaled(spec["minAvailable"], expected, up=True)
        missing = scaled(spec.get("maxUnavailable", 0), expected, up=True)
        return expected, max(0, expected - missing)

    def _wanted_by_owners(self, pods: list[Object]) -> int:
        owners: dict[str, int] = {}
        for pod in pods:
            reference = controller_of(pod)
            resource = BUILT_IN.get((reference["apiVersion"], reference["kind"])) if reference else None
            owner = self.world.get(resource, namespace_of(pod), reference["name"]) if reference and resource else None
            if owner is not None and reference is not None:
                owners[reference["uid"]] = int((owner.get("spec") or {}).get("replicas", 1))
        return sum(owners.values())

    def _condition(self, budget: Object, allowed: int) -> Object:
        current = condition_of(budget.get("status") or {}, "DisruptionAllowed")
        status = "True" if allowed else "False"
        since = current["lastTransitionTime"] if current and current["status"] == status else None
        return {
            "type": "DisruptionAllowed",
            "status": status,
            "observedGeneration": budget["metadata"].get("generation", 1),
            "lastTransitionTime": since or timestamp(self.clock.now()),
            "reason": "SufficientPods" if allowed else "InsufficientPods",
            "message": "",
        }
