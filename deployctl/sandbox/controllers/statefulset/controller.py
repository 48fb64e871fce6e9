"""StatefulSets: each pod waits for the one before it; a bad pod stays bad until somebody deletes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.claim import claimed
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.errors import is_already_exists
from deployctl.sandbox.controllers.kit.history import History, revision_label
from deployctl.sandbox.controllers.kit.meta import Key, is_deleting, key_of, name_of, namespace_of
from deployctl.sandbox.controllers.kit.pods import available_in, is_available, is_ready, is_terminal, phase_of
from deployctl.sandbox.controllers.statefulset.pods import claims_of, first_ordinal, new_pod, ordinal_of

STATEFUL_SETS = "statefulsets.apps"


@dataclass
class Run:
    """One sync: the set, its revisions and its pods as they were at its beginning; what it makes counts in the next."""

    set_: Object
    current: Object
    update: Object
    pods: list[Object]
    lost: int = 0
    """Pods of the current revision that this sync has deleted."""

    @property
    def replicas(self) -> int:
        return int(self.set_["spec"].get("replicas", 1))

    @property
    def ordinals(self) -> range:
        first = first_ordinal(self.set_)
        return range(first, first + self.replicas)

    @property
    def ordered(self) -> bool:
        return str(self.set_["spec"].get("podManagementPolicy")) != "Parallel"

    @property
    def min_ready(self) -> int:
        return int(self.set_["spec"].get("minReadySeconds") or 0)

    def at(self, ordinal: int) -> Object | None:
        return next((p for p in self.pods if ordinal_of(p, self.set_) == ordinal), None)

    @property
    def partition(self) -> int:
        strategy = self.set_["spec"].get("updateStrategy") or {}
        return int((strategy.get("rollingUpdate") or {}).get("partition") or 0)

    @property
    def strategy(self) -> str:
        return str((self.set_["spec"].get("updateStrategy") or {}).get("type") or "RollingUpdate")


class StatefulSetController(Controller):
    """`OrderedReady` does one thing a sync and waits; `Parallel` does all it can."""

    name: ClassVar[str] = "statefulset-controller"

    def watch(self) -> None:
        self.world.subscribe(STATEFUL_SETS, self.enqueue)
        self.world.subscribe("pods", lambda change: self.enqueue_owner("StatefulSet", change))

    def sync(self, key: Key) -> None:
        set_ = self.world.get(STATEFUL_SETS, *key)
        if set_ is None:
            return
        pods = claimed(self.world, "pods", set_, self.manager)
        history = History(self.world, set_, self.manager)
        update = history.current_template()
        current = history.named((set_.get("status") or {}).get("currentRevision") or "") or update
        run = Run(set_, current, update, pods)
        try:
            if not is_deleting(set_):
                self._act(run)
        finally:
            self._write_status(run)
        in_use = {revision_label(p) for p in run.pods} | {name_of(run.current), name_of(run.update)}
        history.trim(in_use, int(set_["spec"].get("revisionHistoryLimit", 10)))

    def _act(self, run: Run) -> None:
        if self._fill(run) and self._remove_surplus(run) and run.strategy == "RollingUpdate":
            self._roll(run)

    def _fill(self, run: Run) -> bool:
        """Create what is missing, in order; whether the next stage may follow."""
        for ordinal in run.ordinals:
            pod = run.at(ordinal)
            if pod is None:
                self._create(run, ordinal)
                if run.ordered:
                    return False
            elif is_terminal(pod):
                self._delete(run, pod)
                return not run.ordered
            elif run.ordered and not self._is_settled(run, pod):
                return False
            else:
                self._claims(run.set_, name_of(pod))
        return True

    def _is_settled(self, run: Run, pod: Object) -> bool:
        running = phase_of(pod) == "Running" and not is_deleting(pod)
        return running and is_available(pod, run.min_ready, self.clock.now())

    def _remove_surplus(self, run: Run) -> bool:
        """Scale down from the highest ordinal; whether nothing is left to remove."""
        surplus = [p for p in run.pods if ordinal_of(p, run.set_) >= 0 and ordinal_of(p, run.set_) not in run.ordinals]
        for pod in sorted(surplus, key=lambda p: -ordinal_of(p, run.set_)):
            if is_deleting(pod):
                if run.ordered:
                    return False
                continue
            self._delete(run, pod)
            if run.ordered:
                return False
        return True

    def _roll(self, run: Run) -> None:
        """Replace the highest pod that is out of date, and wait for it before the next."""
        for ordinal in reversed(run.ordinals):
            if ordinal < run.partition:
                return
            pod = run.at(ordinal)
            if pod is None:
                return
            if revision_label(pod) != name_of(run.update) and not is_deleting(pod):
                run.lost += revision_label(pod) == name_of(run.current)
                self._delete(run, pod)
                return
            if not self._is_settled(run, pod):
                return

    def _create(self, run: Run, ordinal: int) -> None:
        revision = self._revision_for(run, ordinal)
        pod = new_pod(run.set_, revision, ordinal)
        kind = f"Pod {name_of(pod)} in StatefulSet {name_of(run.set_)}"
        try:
            self._claims(run.set_, name_of(pod))
            self.world.create("pods", pod, self.manager)
        except ApiError as error:
            if is_already_exists(error):
                return
            self.events.warning(run.set_, "FailedCreate", f"Create {kind} failed error: {error}")
            raise
        self.events.normal(run.set_, "SuccessfulCreate", f"Create {kind} successful")

    def _revision_for(self, run: Run, ordinal: int) -> Object:
        """While a rolling update is under way, pods below the update's reach come back as they were."""
        if run.strategy != "RollingUpdate":
            return run.update
        kept = (run.set_.get("status") or {}).get("currentReplicas") or 0
        rolling = (run.set_["spec"].get("updateStrategy") or {}).get("rollingUpdate")
        bound = run.partition if rolling is not None else first_ordinal(run.set_) + kept
        return run.current if ordinal < bound else run.update

    def _claims(self, set_: Object, pod: str) -> None:
        for claim in claims_of(set_, pod):
            if self.world.get("persistentvolumeclaims", namespace_of(set_), name_of(claim)) is None:
                self.world.create("persistentvolumeclaims", claim, self.manager)
                words = f"Create Claim {name_of(claim)} Pod {pod} in StatefulSet {name_of(set_)} success"
                self.events.normal(set_, "SuccessfulCreate", words)

    def _delete(self, run: Run, pod: Object) -> None:
        if not is_deleting(pod):
            self.world.delete("pods", pod)
            words = f"Delete Pod {name_of(pod)} in StatefulSet {name_of(run.set_)} successful"
            self.events.normal(run.set_, "SuccessfulDelete", words)

    def _write_status(self, run: Run) -> None:
        now, pods, current, update = self.clock.now(), run.pods, name_of(run.current), name_of(run.update)
        ready = [p for p in pods if phase_of(p) == "Running" and is_ready(p)]
        alive = [p for p in pods if not is_deleting(p)]
        counts = {
            "replicas": len(pods),
            "readyReplicas": len(ready),
            "availableReplicas": sum(is_available(p, run.min_ready, now) for p in ready),
            "currentReplicas": sum(revision_label(p) == current for p in alive) - run.lost,
            "updatedReplicas": sum(revision_label(p) == update for p in alive),
        }
        done = all(counts[n] == run.replicas for n in ("updatedReplicas", "readyReplicas", "replicas"))
        if done:
            counts["currentReplicas"], current = counts["updatedReplicas"], update
        shown = {n: c for n, c in counts.items() if c or n in ("replicas", "availableReplicas")}
        collisions = (run.set_.get("status") or {}).get("collisionCount") or 0
        status: Object = {
            **shown,
            "currentRevision": current,
            "updateRevision": update,
            "observedGeneration": run.set_["metadata"].get("generation", 1),
            "collisionCount": collisions,
        }
        self.world.update_status(STATEFUL_SETS, run.set_, status, self.manager)
        waits = [wait for p in ready if (wait := available_in(p, run.min_ready, now))]
        if waits:
            self.queue.add(key_of(run.set_), min(waits))
