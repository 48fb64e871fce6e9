"""Deployments: which strategy a sync follows, and the writes that all of them share."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import ClassVar

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.contracts import Change, Object
from deployctl.sandbox.controllers.deployment import recreate, rolling, scaling
from deployctl.sandbox.controllers.deployment.family import (
    DESIRED_REPLICAS,
    REVISION,
    Family,
    active,
    find_new,
    revision_of,
    same_template,
    strategy_of,
    wanted,
)
from deployctl.sandbox.controllers.deployment.revisions import (
    new_replica_set,
    replica_annotations,
    revised_annotations,
)
from deployctl.sandbox.controllers.deployment.status import (
    TIMED_OUT,
    condition,
    counted,
    deadline_of,
    next_check,
    rollout_status,
    with_condition,
)
from deployctl.sandbox.controllers.kit.claim import claimed
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.errors import is_already_exists, is_namespace_terminating
from deployctl.sandbox.controllers.kit.meta import (
    Key,
    annotations_of,
    condition_of,
    controller_of,
    is_deleting,
    key_of,
    name_of,
    namespace_of,
    owner_uid,
    uid_of,
    with_metadata,
    with_spec,
)

DEPLOYMENTS, REPLICA_SETS = "deployments.apps", "replicasets.apps"


class DeploymentController(Controller):
    """One step a sync; the ReplicaSets' own changes bring the next one."""

    name: ClassVar[str] = "deployment-controller"

    def watch(self) -> None:
        self.world.subscribe(DEPLOYMENTS, self.enqueue)
        self.world.subscribe(REPLICA_SETS, self._set_changed)
        self.world.subscribe("pods", self._pod_changed)
        self._seen: dict[str, Object] = {}

    def _set_changed(self, change: Change) -> None:
        uid, seen = uid_of(change.object), _without_terminating(change.object)
        unchanged = self._seen.get(uid) == seen
        self._seen[uid] = seen
        if change.type == "DELETED":
            del self._seen[uid]
        elif unchanged and self._stalls(change.object):
            return
        self.enqueue_owner("Deployment", change)

    def _pod_changed(self, change: Change) -> None:
        """A `Recreate` waits for its pods to go; nothing else about pods is looked at."""
        if change.type != "DELETED":
            return
        deployment = self._deployment_of(change.object)
        if deployment is None or strategy_of(deployment) != "Recreate":
            return
        sets = self.world.owned(REPLICA_SETS, uid_of(deployment))
        leftovers = any(self.world.owned("pods", uid_of(s)) for s in sets)
        if not (leftovers and self._stalls(deployment)):
            self.queue.add(key_of(deployment))

    def _stalls(self, obj: Object) -> bool:
        """Whether to behave as before Kubernetes counted terminating pods: only the end of the very last pod wakes a
        `Recreate`, so that one which failed and was left lying stalls it until its deadline (kubernetes#128798)."""
        faults = self.world.faults.active("recreate-stall")
        return any(fnmatchcase(namespace_of(obj), str(fault.get("namespace", "*"))) for fault in faults)

    def _deployment_of(self, pod: Object) -> Object | None:
        owner = controller_of(pod)
        if owner is None or owner["kind"] != "ReplicaSet":
            return None
        replica_set = self.world.get(REPLICA_SETS, namespace_of(pod), owner["name"])
        above = controller_of(replica_set) if replica_set else None
        return self.world.get(DEPLOYMENTS, namespace_of(pod), above["name"]) if above else None

    def sync(self, key: Key) -> None:
        deployment = self.world.get(DEPLOYMENTS, *key)
        if deployment is None:
            return
        sets = claimed(self.world, REPLICA_SETS, deployment, self.manager)
        if is_deleting(deployment):
            self.write_status(self.family(deployment, sets), scaled_only=True)
            return
        noted = self._paused_condition(deployment)
        family = self.family(noted, sets)
        family.stale = noted is not deployment
        deployment = noted
        if deployment["spec"].get("paused") or _is_scaling_event(family):
            scaling.step(self, family)
        elif strategy_of(deployment) == "Recreate":
            recreate.step(self, family)
        else:
            rolling.step(self, family)

    def family(self, deployment: Object, sets: list[Object]) -> Family:
        """The sets told apart; the new one, if it exists, is numbered as the latest."""
        new = find_new(deployment, sets)
        old = [s for s in sets if new is None or uid_of(s) != uid_of(new)]
        family = Family(deployment, new, old)
        if new is not None:
            self._number(family, new)
        return family

    def _number(self, family: Family, new: Object) -> None:
        deployment = family.deployment
        revision = max((revision_of(s) for s in family.old), default=0) + 1
        annotations = revised_annotations(deployment, new, revision)
        seconds = deployment["spec"].get("minReadySeconds") or 0
        if annotations != annotations_of(new) or seconds != (new["spec"].get("minReadySeconds") or 0):
            revised = with_spec(with_metadata(new, annotations=annotations), minReadySeconds=seconds)
            family.new = self.world.update(REPLICA_SETS, revised, self.manager)
            return
        status = deployment.get("status") or {}
        if deadline_of(deployment) is not None and condition_of(status, "Progressing") is None:
            message = f'Found new replica set "{name_of(new)}"'
            found = condition("Progressing", "True", "FoundNewReplicaSet", message, self.clock.now())
            status = with_condition(status, found)
        family.deployment = self._note(deployment, annotations[REVISION], status)

    def _note(self, deployment: Object, revision: str, status: Object) -> Object:
        """Write the revision annotation and a status in one go, as the status subresource allows."""
        annotations = annotations_of(deployment)
        if annotations.get(REVISION) == revision and status == (deployment.get("status") or {}):
            return deployment
        noted = with_metadata(deployment, annotations={**annotations, REVISION: revision})
        return self.world.update(DEPLOYMENTS, {**noted, "status": status}, self.manager, "status")

    def create_new(self, family: Family) -> None:
        """Create the ReplicaSet of the current template. Raises ApiError, with the reason left in the status."""
        revision = max((revision_of(s) for s in family.old), default=0) + 1
        replicas = rolling.initial_replicas(family) if strategy_of(family.deployment) != "Recreate" else family.replicas
        body = new_replica_set(family.deployment, revision, replicas)
        try:
            created = self.world.create(REPLICA_SETS, body, self.manager)
        except ApiError as error:
            self._creation_failed(family, body, error)
            raise
        family.new = created
        if replicas:
            message = f"Scaled up replica set {name_of(created)} from 0 to {replicas}"
            self.events.normal(family.deployment, "ScalingReplicaSet", message)
        status = family.deployment.get("status") or {}
        if deadline_of(family.deployment) is not None:
            message = f'Created new replica set "{name_of(created)}"'
            new = condition("Progressing", "True", "NewReplicaSetCreated", message, self.clock.now())
            status = with_condition(status, new)
        if not family.stale:
            family.deployment = self._note(family.deployment, str(revision), status)

    def _creation_failed(self, family: Family, body: Object, error: ApiError) -> None:
        deployment, status = family.deployment, family.deployment.get("status") or {}
        if is_already_exists(error):
            there = self.world.get(REPLICA_SETS, namespace_of(body), name_of(body))
            ours = there is not None and owner_uid(there) == uid_of(deployment)
            if there is None or not (ours and same_template(there["spec"]["template"], body["spec"]["template"])):
                status = {**status, "collisionCount": (status.get("collisionCount") or 0) + 1}
                self.world.update_status(DEPLOYMENTS, deployment, status, self.manager)
            return
        if is_namespace_terminating(error):
            return
        message = f'Failed to create new replica set "{name_of(body)}": {error}'
        if deadline_of(deployment) is not None:
            failed = condition("Progressing", "False", "ReplicaSetCreateError", message, self.clock.now())
            self.world.update_status(DEPLOYMENTS, deployment, with_condition(status, failed), self.manager)
        self.events.warning(deployment, "ReplicaSetCreateError", message)

    def scale(self, family: Family, replica_set: Object, to: int, *, force: bool = False) -> bool:
        """Set a ReplicaSet's size; whether it changed. `force` refreshes its annotations at the same size too."""
        before = wanted(replica_set)
        if before == to and not force:
            return False
        annotations = {**annotations_of(replica_set), **replica_annotations(family.deployment)}
        if before == to and annotations == annotations_of(replica_set):
            return False
        resized = with_spec(with_metadata(replica_set, annotations=annotations), replicas=to)
        family.replace(self.world.update(REPLICA_SETS, resized, self.manager))
        if before == to:
            return False
        message = f"Scaled {'up' if to > before else 'down'} replica set {name_of(replica_set)} from {before} to {to}"
        self.events.normal(family.deployment, "ScalingReplicaSet", message)
        return True

    def write_status(self, family: Family, *, scaled_only: bool = False) -> None:
        """Status after a step; a rollout that shows no change is looked at again when its deadline is over."""
        now, deployment = self.clock.now(), family.deployment
        if family.stale:
            self.queue.add(key_of(deployment))
            return
        status = counted(family, now) if scaled_only else rollout_status(family, now)
        if status != deployment.get("status"):
            self.world.update_status(DEPLOYMENTS, deployment, status, self.manager)
            return
        after = None if scaled_only else next_check(deployment, status, now)
        if after is not None:
            self.queue.add(key_of(deployment), max(after, 0.1))

    def clean_up(self, family: Family) -> None:
        """Delete the oldest empty sets beyond spec.revisionHistoryLimit."""
        limit = family.deployment["spec"].get("revisionHistoryLimit", 10)
        alive = sorted((s for s in family.old if not is_deleting(s)), key=revision_of)
        for replica_set in alive[: max(0, len(alive) - int(limit))]:
            status = replica_set.get("status") or {}
            observed = (status.get("observedGeneration") or 0) >= replica_set["metadata"].get("generation", 1)
            if observed and not status.get("replicas") and wanted(replica_set) == 0:
                self.world.delete(REPLICA_SETS, replica_set)

    def _paused_condition(self, deployment: Object) -> Object:
        """Note pausing and resuming, so that a pause does not count against the deadline."""
        status = deployment.get("status") or {}
        current = condition_of(status, "Progressing")
        if deadline_of(deployment) is None or (current and current["reason"] == TIMED_OUT):
            return deployment
        paused = bool(deployment["spec"].get("paused"))
        if paused == bool(current and current["reason"] == "DeploymentPaused"):
            return deployment
        word = "paused" if paused else "resumed"
        words = f"Deployment{word.capitalize()}", f"Deployment is {word}"
        new = with_condition(status, condition("Progressing", "Unknown", *words, self.clock.now()))
        return self.world.update_status(DEPLOYMENTS, deployment, new, self.manager)


def _without_terminating(replica_set: Object) -> Object:
    """What a cluster of before would have seen of a ReplicaSet."""
    status = {k: v for k, v in (replica_set.get("status") or {}).items() if k != "terminatingReplicas"}
    return {"generation": replica_set["metadata"].get("generation"), "status": status}


def _is_scaling_event(family: Family) -> bool:
    """An active set was last sized for another number of replicas."""
    sizes = (annotations_of(s).get(DESIRED_REPLICAS) for s in active(family.all))
    return any(size is not None and size != str(family.replicas) for size in sizes)
