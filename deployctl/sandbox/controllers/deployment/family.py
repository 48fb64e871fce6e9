"""A Deployment with its ReplicaSets, and what can be counted over them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import annotations_of, created_at, name_of, uid_of

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS = "deployment.kubernetes.io/max-replicas"


@dataclass
class Family:
    """Moves with every write of a sync: `deployment` and the sets are always as last written."""

    deployment: Object
    new: Object | None
    old: list[Object]
    stale: bool = False
    """A condition was written in this sync already: the real controller's own copy is out of date from then on, its
    next write of the deployment meets a conflict, and the sync is done over."""

    @property
    def all(self) -> list[Object]:
        return [*self.old, *([self.new] if self.new else [])]

    @property
    def replicas(self) -> int:
        return wanted(self.deployment)

    def replace(self, replica_set: Object) -> None:
        """Put the newly written version of a set in its place."""
        if self.new is not None and uid_of(self.new) == uid_of(replica_set):
            self.new = replica_set
        self.old = [replica_set if uid_of(o) == uid_of(replica_set) else o for o in self.old]


def wanted(obj: Object) -> int:
    """spec.replicas, 1 when absent."""
    replicas = obj["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def status_of(obj: Object, field: str) -> int:
    return int((obj.get("status") or {}).get(field) or 0)


def total_wanted(sets: Iterable[Object]) -> int:
    return sum(wanted(s) for s in sets)


def total(sets: Iterable[Object], field: str) -> int:
    return sum(status_of(s, field) for s in sets)


def active(sets: Iterable[Object]) -> list[Object]:
    return [s for s in sets if wanted(s) > 0]


def by_age(sets: Iterable[Object]) -> list[Object]:
    return sorted(sets, key=lambda s: (created_at(s), name_of(s)))


def revision_of(obj: Object) -> int:
    text = annotations_of(obj).get(REVISION, "0")
    return int(text) if text.isdigit() else 0


def is_rolling(deployment: Object) -> bool:
    return strategy_of(deployment) == "RollingUpdate"


def strategy_of(deployment: Object) -> str:
    return str((deployment["spec"].get("strategy") or {}).get("type") or "RollingUpdate")


def max_surge(deployment: Object) -> int:
    """Pods allowed beyond `replicas`; percentages round up."""
    return _fenceposts(deployment)[0]


def max_unavailable(deployment: Object) -> int:
    """Pods that may be missing; percentages round down, and never both bounds are zero."""
    replicas = wanted(deployment)
    if not is_rolling(deployment) or replicas == 0:
        return 0
    return min(_fenceposts(deployment)[1], replicas)


def _fenceposts(deployment: Object) -> tuple[int, int]:
    if not is_rolling(deployment):
        return 0, 0
    rolling = (deployment["spec"].get("strategy") or {}).get("rollingUpdate") or {}
    surge = scaled(rolling.get("maxSurge", "25%"), wanted(deployment), up=True)
    unavailable = scaled(rolling.get("maxUnavailable", "25%"), wanted(deployment), up=False)
    return surge, 1 if surge == 0 and unavailable == 0 else unavailable


def scaled(value: int | str, of: int, *, up: bool) -> int:
    """An IntOrString: a count, or a percentage of `of` rounded up or down."""
    if isinstance(value, int):
        return value
    share = of * int(value.rstrip("%")) / 100
    return ceil(share) if up else floor(share)


def same_template(one: Object, other: Object) -> bool:
    """Pod templates equal but for the hash label."""
    return _without_hash(one) == _without_hash(other)


def _without_hash(template: Object) -> Object:
    metadata = template.get("metadata") or {}
    labels = {k: v for k, v in (metadata.get("labels") or {}).items() if k != HASH_LABEL}
    rest = {k: v for k, v in metadata.items() if k not in {"labels", "creationTimestamp"}}
    return {"metadata": {**rest, "labels": labels}, "spec": template.get("spec")}


def find_new(deployment: Object, sets: Iterable[Object]) -> Object | None:
    """The set of the current template; the oldest when several are."""
    template = deployment["spec"]["template"]
    return next((s for s in by_age(sets) if same_template(s["spec"]["template"], template)), None)


def find_active_or_latest(family: Family) -> Object | None:
    """The only active set, the new or newest one when none is active, None when several are."""
    running = active(family.all)
    if len(running) > 1:
        return None
    if running:
        return running[0]
    if family.new is not None:
        return family.new
    return by_age(family.old)[-1] if family.old else None
