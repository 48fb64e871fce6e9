"""The question of room: who takes some on the nodes, who will come, and what the answer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deployctl.model.json import Json
from deployctl.model.node import Resources


@dataclass(frozen=True)
class Tenant:
    """A pod that takes room on a node, of any namespace."""

    node: str
    requests: Resources
    owner: str = ""
    """uid of the ReplicaSet, StatefulSet or DaemonSet that controls it."""
    priority: int = 0
    ports: frozenset[tuple[str, int]] = frozenset()
    """(protocol, host port)."""
    leaving: bool = False
    """It is terminating: its room is free soon, but not yet."""


@dataclass(frozen=True)
class Newcomer:
    """The pods that a release makes of one workload."""

    workload: str
    spec: Json
    """Of the pod, with what admission adds (limit ranges, the runtime class's overhead)."""
    count: int
    """Pods of the new revision; of a DaemonSet not looked at, for it has one on every node that may run it."""
    owners: frozenset[str] = frozenset()
    """uids of the controllers of the old pods."""
    surge: int | None = None
    """How many may run beside all the old ones; None: the old ones go first (`Recreate`)."""
    unavailable: int = 0
    """How many old pods go before the first new one is Ready."""
    priority: int = 0
    daemon: bool = False


@dataclass(frozen=True)
class NodeRoom:
    """One node's part in the answer."""

    node: str
    pods: int
    """How many of the new pods it could take."""
    refusal: str
    """Why it takes no more, in numbers; or why the pod may not run there at all."""
    numbers: str = ""
    """Of the scarcest resource, where it takes all that are wanted."""


@dataclass(frozen=True)
class RoomProof:
    """The answer for one workload."""

    workload: str
    verdict: Literal["fits", "lacks", "unsure"]
    wanted: int
    nodes: tuple[NodeRoom, ...]
    doubts: tuple[str, ...] = ()

    @property
    def evidence(self) -> tuple[str, ...]:
        """A line for each node, and the doubts."""
        lines = ("; ".join(filter(None, (f"{n.node}: takes {n.pods}", n.refusal or n.numbers))) for n in self.nodes)
        return (*lines, *self.doubts)
