"""ReplicaSets: as many active pods as wanted, and the reasons when there cannot be."""

from __future__ import annotations

from typing import ClassVar

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.claim import claimed
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.errors import is_namespace_terminating
from deployctl.sandbox.controllers.kit.meta import (
    Key,
    condition_of,
    is_deleting,
    key_of,
    labels_of,
    name_of,
    timestamp,
    uid_of,
)
from deployctl.sandbox.controllers.kit.pod_control import create_pod, pod_from_template, removal_order
from deployctl.sandbox.controllers.kit.pods import available_in, is_active, is_ready, is_terminating, node_of

REPLICA_SETS = "replicasets.apps"
BURST = 500


class ReplicaSetController(Controller):
    """Creates and deletes pods until the number is right; a refusal becomes ReplicaFailure and an event."""

    name: ClassVar[str] = "replicaset-controller"

    def watch(self) -> None:
        self.world.subscribe(REPLICA_SETS, self.enqueue)
        self.world.subscribe("pods", lambda change: self.enqueue_owner("ReplicaSet", change))

    def sync(self, key: Key) -> None:
        replica_set = self.world.get(REPLICA_SETS, *key)
        if replica_set is None:
            return
        pods = claimed(self.world, "pods", replica_set, self.manager)
        active = [pod for pod in pods if is_active(pod)]
        terminating = sum(is_terminating(pod) for pod in pods)
        failure = None if is_deleting(replica_set) else self._manage(replica_set, active)
        self._write_status(replica_set, active, terminating, failure)
        if failure is not None:
            raise failure

    def _manage(self, replica_set: Object, active: list[Object]) -> ApiError | None:
        difference = len(active) - int(replica_set["spec"].get("replicas", 1))
        if difference < 0:
            return self._create(replica_set, min(-difference, BURST))
        for pod in self._to_delete(replica_set, active, min(difference, BURST)):
            self.world.delete("pods", pod)
            self.events.normal(replica_set, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")
        return None

    def _create(self, replica_set: Object, count: int) -> ApiError | None:
        """Slow start: 1, 2, 4 … at a time, so that what fails for all fails once a round."""
        batch = 1
        while count > 0:
            for _ in range(min(batch, count)):
                pod = pod_from_template(replica_set)
                failure = create_pod(self.world, self.events, replica_set, pod, self.manager)
                if failure is not None:
                    return None if is_namespace_terminating(failure) else failure
            count -= batch
            batch *= 2
        return None

    def _to_delete(self, replica_set: Object, active: list[Object], count: int) -> list[Object]:
        if count <= 0:
            return []
        crowd: dict[str, int] = {}
        for pod in self._siblings(replica_set):
            crowd[node_of(pod)] = crowd.get(node_of(pod), 0) + 1
        return sorted(active, key=lambda pod: removal_order(pod, crowd.get(node_of(pod), 0)))[:count]

    def _siblings(self, replica_set: Object) -> list[Object]:
        """Active pods of every set that the same deployment owns."""
        references = replica_set["metadata"].get("ownerReferences") or ()
        sets = [s for r in references for s in self.world.owned(REPLICA_SETS, r["uid"])] or [replica_set]
        return [pod for s in sets for pod in self.world.owned("pods", uid_of(s)) if is_active(pod)]

    def _write_status(
        self, replica_set: Object, before: list[Object], terminating: int, failure: ApiError | None
    ) -> None:
        """Counts the pods seen before this sync's own writes; those come with the next one."""
        now, spec = self.clock.now(), replica_set["spec"]
        seconds = int(spec.get("minReadySeconds") or 0)
        labels = (spec["template"].get("metadata") or {}).get("labels") or {}
        waits = [wait for pod in before if (wait := available_in(pod, seconds, now)) is not None]
        numbers = {
            "fullyLabeledReplicas": sum(labels.items() <= labels_of(pod).items() for pod in before),
            "readyReplicas": sum(is_ready(pod) for pod in before),
            "availableReplicas": sum(wait == 0 for wait in waits),
        }
        status = {
            "replicas": len(before),
            **{key: value for key, value in numbers.items() if value},
            "terminatingReplicas": terminating,
            "observedGeneration": replica_set["metadata"].get("generation", 1),
        }
        conditions = self._conditions(replica_set, len(before), failure)
        if conditions:
            status["conditions"] = conditions
        self.world.update_status(REPLICA_SETS, replica_set, status, self.manager)
        late = [wait for wait in waits if wait > 0]
        if late:
            self.queue.add(key_of(replica_set), min(late))

    def _conditions(self, replica_set: Object, active: int, failure: ApiError | None) -> list[Object]:
        current = condition_of(replica_set.get("status") or {}, "ReplicaFailure")
        if failure is None:
            return []
        if current is not None:
            return [current]
        reason = "FailedCreate" if active < int(replica_set["spec"].get("replicas", 1)) else "FailedDelete"
        moment = timestamp(self.clock.now())
        words = {"reason": reason, "message": str(failure)}
        return [{"type": "ReplicaFailure", "status": "True", "lastTransitionTime": moment, **words}]
