"""Nodes, and what runs on them, as the question of room sees them. Parsed once from the API's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from deployctl.model.json import Json, items, mapping, text
from deployctl.model.pod import Condition, parse_conditions

Resources = Mapping[str, Fraction]
"""Resource name -> amount: bytes, cores, pieces. Absent means none."""


@dataclass(frozen=True)
class Taint:
    key: str
    value: str
    effect: str


@dataclass(frozen=True)
class Node:
    """One node."""

    name: str
    labels: Json = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False
    allocatable: Json = field(default_factory=dict)
    """As written: `cpu: 1930m`, `memory: 2216Mi`, `pods: "110"`."""
    conditions: tuple[Condition, ...] = ()
    images: tuple[tuple[str, ...], ...] = ()
    """The images in its store, each by all its names (`host/path:tag`, `host/path@digest`), as far as the kubelet
    reports them (50 by default)."""

    @property
    def ready(self) -> Condition | None:
        return next((c for c in self.conditions if c.type == "Ready"), None)

    @property
    def lost(self) -> bool:
        """Whether it is known not to be Ready."""
        return self.ready is not None and self.ready.status != "True"

    def holds(self, *names: str) -> bool:
        """Whether one image in its store has all of these names."""
        return any(set(names) <= set(image) for image in self.images)

    @property
    def platform(self) -> str:
        """Such as linux/amd64; empty parts when the labels are missing."""
        return f"{text(self.labels, 'kubernetes.io/os')}/{text(self.labels, 'kubernetes.io/arch')}"


def parse_node(body: Json) -> Node:
    """A node from the API's JSON; never raises: what is missing is empty."""
    spec = mapping(body, "spec")
    stored = (image.get("names") for image in items(body, "status", "images"))
    return Node(
        name=text(body, "metadata", "name"),
        labels=mapping(body, "metadata", "labels"),
        taints=tuple(Taint(text(t, "key"), text(t, "value"), text(t, "effect")) for t in items(spec, "taints")),
        unschedulable=spec.get("unschedulable") is True,
        allocatable=mapping(body, "status", "allocatable"),
        conditions=parse_conditions(body),
        images=tuple(tuple(map(str, names)) for names in stored if isinstance(names, list)),
    )
