"""What a rollout's watch remembers from one look to the next: a value, handed in and given back.

The engine's loop:

    watch = start_watch(before, transition, policies, namespace=…, applied=…)     # once, `before` read before the apply
    while True:
        report, watch = assess_rollout(cluster.world(namespace), watch)           # every look
        if report.phase in ("done", "failed"): break
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.environment import Policies
from deployctl.model.json import EMPTY, Json
from deployctl.model.manifest import Manifest
from deployctl.model.plan import Transition
from deployctl.model.rollout import Phase, World
from deployctl.model.rules.thresholds import Thresholds
from deployctl.model.workload import Workload, parse_workload


@dataclass(frozen=True)
class Baseline:
    """What there was before the release wrote anything."""

    pods: frozenset[str] = frozenset()
    """uids of all pods."""
    revisions: frozenset[str] = frozenset()
    """uids of the ReplicaSets that the workload owned."""
    restarts: tuple[tuple[str, str, int], ...] = ()
    """(pod's uid, container, restarts): restarts from before are nobody's fault."""
    template: Json = field(default_factory=dict, repr=False)
    """The pod template that ran before; empty when the workload is new."""

    def restarts_of(self, uid: str, container: str) -> int:
        return next((n for u, c, n in self.restarts if (u, c) == (uid, container)), 0)


@dataclass(frozen=True)
class Sign:
    """A bad sign's life so far."""

    key: str
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Memory:
    """What one look leaves for the next. Budgets are of time *spent* in a phase, so that flapping between phases
    refills none; they are refilled only by progress that was never reached before."""

    last: datetime | None = None
    phase: Phase = "pending"
    spent: tuple[tuple[Phase, float], ...] = ()
    most_ready: int = 0
    """The most new pods that were ever Ready at once."""
    least_old: int | None = None
    """The fewest old pods there ever were."""
    signs: tuple[Sign, ...] = ()
    quiet: frozenset[tuple[str, int]] = frozenset()
    """The Ready pods (uid, restarts) of the last look, when all were Ready."""
    quiet_since: datetime | None = None
    streak: int = 0
    """Looks in a row with the same Ready pods, none restarted."""

    def spent_in(self, phase: Phase) -> float:
        return dict(self.spent).get(phase, 0.0)

    def age(self, key: str, now: datetime) -> float:
        """Seconds since a sign was first seen; 0 for a new one."""
        return next(((now - sign.first).total_seconds() for sign in self.signs if sign.key == key), 0.0)


@dataclass(frozen=True)
class Watch:
    """One workload under watch: what is expected of it, and the memory of earlier looks."""

    transition: Transition
    policies: Policies
    namespace: str
    thresholds: Thresholds = field(default_factory=Thresholds)
    baseline: Baseline = Baseline()
    applied: Workload | None = None
    """The workload as the API server answered our last write; None when nothing was written."""
    no_room: bool = False
    """A proof of room has found none: what cannot be scheduled is fatal at once."""
    memory: Memory = Memory()


def start_watch(
    before: World,
    transition: Transition,
    policies: Policies,
    *,
    namespace: str,
    applied: Manifest | None = None,
    thresholds: Thresholds | None = None,
) -> Watch:
    """Begin to watch. `before` is the world before the first write, `applied` what the last write (the apply, or the
    restart's stamp) answered. After a resumed run `before` may be the present world: only restarts are lost."""
    former = next((w for w in before.workloads if w.ref == transition.workload), None)
    baseline = Baseline(
        pods=frozenset(pod.uid for pod in before.pods),
        revisions=frozenset(r.uid for r in before.revisions if former and r.owner == former.uid),
        restarts=tuple((p.uid, c.name, c.restarts) for p in before.pods for c in p.containers if c.restarts),
        template=former.template if former else EMPTY,
    )
    written = parse_workload(applied.body) if applied else None
    return Watch(transition, policies, namespace, thresholds or policies.thresholds, baseline, written)


def sign_key(diagnosis: Diagnosis) -> str:
    """What stays the same while one sign lasts, whatever its text says meanwhile."""
    return "/".join((diagnosis.cause, diagnosis.object, diagnosis.pod, diagnosis.container))


def remember_signs(memory: Memory, keys: frozenset[str], now: datetime, forget: float) -> Memory:
    """The memory with this look's signs; those unseen for `forget` seconds are dropped."""
    known = {sign.key: sign for sign in memory.signs}
    seen = [Sign(key, known[key].first if key in known else now, now) for key in sorted(keys)]
    kept = [s for s in memory.signs if s.key not in keys and (now - s.last).total_seconds() <= forget]
    return replace(memory, signs=(*seen, *kept))
