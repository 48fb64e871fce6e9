"""Workloads and their revisions, parsed once from the API's JSON or from a rendered manifest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deployctl.model.json import Json, dig, items, mapping, number, text
from deployctl.model.pod import Condition, controller_uid, parse_conditions, timestamp
from deployctl.model.service import WORKLOAD_KINDS, WorkloadRef

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
REVISION = "deployment.kubernetes.io/revision"
POD_TEMPLATE_HASH = "pod-template-hash"


@dataclass(frozen=True)
class ContainerSpec:
    """What a template asks of one container."""

    name: str
    image: str
    pull_policy: str
    has_readiness_probe: bool
    init: bool = False


@dataclass(frozen=True)
class Workload:
    """A Deployment, StatefulSet, DaemonSet, CronJob or Job: what it asks for, and what its controller reports."""

    ref: WorkloadRef
    uid: str
    generation: int
    observed_generation: int
    strategy: str
    """Recreate, RollingUpdate, OnDelete; empty where the kind has none."""
    paused: bool
    replicas: int
    """Wanted; for a DaemonSet what its controller wants."""
    status: Json = field(repr=False)
    conditions: tuple[Condition, ...]
    containers: tuple[ContainerSpec, ...]
    """Init containers first."""
    template: Json = field(repr=False)
    selector: Json
    written: datetime | None
    """When we last applied it: the newest `time` among our own managers' entries."""
    created: datetime | None = None
    spec: Json = field(default_factory=dict, repr=False)
    """As it is written, for what only some kinds have: partition, suspend, progressDeadlineSeconds…"""
    annotations: Json = field(default_factory=dict, repr=False)

    @property
    def has_readiness_probe(self) -> bool:
        return all(c.has_readiness_probe for c in self.containers if not c.init)

    @property
    def restarted_at(self) -> str:
        return text(self.template, "metadata", "annotations", RESTARTED_AT)

    def count(self, name: str) -> int:
        """A number of the status, such as `updatedReplicas`; 0 when absent."""
        return number(self.status, name)

    def condition(self, kind: str) -> Condition | None:
        return next((c for c in self.conditions if c.type == kind), None)


@dataclass(frozen=True)
class Revision:
    """One set of pods of a Deployment: a ReplicaSet."""

    name: str
    uid: str
    owner: str
    number: int
    replicas: int
    """Wanted."""
    current: int
    ready: int
    conditions: tuple[Condition, ...]
    template: Json = field(repr=False)
    created: datetime | None = None

    def is_of(self, template: Json) -> bool:
        """Whether it runs this template: equal but for the hash label that its controller adds."""
        return without_hash(self.template) == without_hash(template)


def without_hash(template: Json) -> Json:
    """A pod template without `pod-template-hash`; the rule by which controllers find the current ReplicaSet."""
    metadata = dict(mapping(template, "metadata"))
    metadata["labels"] = {k: v for k, v in mapping(metadata, "labels").items() if k != POD_TEMPLATE_HASH}
    return {**template, "metadata": metadata}


def pod_template(body: Json) -> Json:
    """The pod template of any workload kind; empty for other objects."""
    kind = body.get("kind")
    if kind == "CronJob":
        return mapping(body, "spec", "jobTemplate", "spec", "template")
    return mapping(body, "spec", "template") if kind in WORKLOAD_KINDS or kind == "ReplicaSet" else {}


def container_specs(template: Json) -> tuple[ContainerSpec, ...]:
    """Every container of a template, init containers first."""

    def one(body: Json, *, init: bool) -> ContainerSpec:
        probe = bool(mapping(body, "readinessProbe"))
        return ContainerSpec(text(body, "name"), text(body, "image"), text(body, "imagePullPolicy"), probe, init)

    spec = mapping(template, "spec")
    return (
        *(one(c, init=True) for c in items(spec, "initContainers")),
        *(one(c, init=False) for c in items(spec, "containers")),
    )


def _strategy(body: Json) -> str:
    spec = mapping(body, "spec")
    if body.get("kind") == "Deployment":
        return text(spec, "strategy", "type") or "RollingUpdate"
    return text(spec, "updateStrategy", "type")


def _wanted(body: Json) -> int:
    if body.get("kind") == "DaemonSet":
        return number(body, "status", "desiredNumberScheduled")
    asked: Any = dig(body, "spec", "replicas")
    return asked if isinstance(asked, int) else 1


def _written(body: Json, managers: frozenset[str]) -> datetime | None:
    entries = items(body, "metadata", "managedFields")
    times = (timestamp(e.get("time")) for e in entries if text(e, "manager") in managers)
    return max((t for t in times if t), default=None)


def parse_workload(body: Json, our_managers: frozenset[str] = frozenset()) -> Workload:
    """A workload from the API's JSON or a rendered manifest; never raises: what is missing is empty."""
    template = pod_template(body)
    return Workload(
        ref=WorkloadRef(text(body, "kind"), text(body, "metadata", "name")),
        uid=text(body, "metadata", "uid"),
        generation=number(body, "metadata", "generation"),
        observed_generation=number(body, "status", "observedGeneration"),
        strategy=_strategy(body),
        paused=dig(body, "spec", "paused") is True,
        replicas=_wanted(body),
        status=mapping(body, "status"),
        conditions=parse_conditions(body),
        containers=container_specs(template),
        template=template,
        selector=mapping(body, "spec", "selector"),
        written=_written(body, our_managers),
        created=timestamp(dig(body, "metadata", "creationTimestamp")),
        spec=mapping(body, "spec"),
        annotations=mapping(body, "metadata", "annotations"),
    )


def parse_revision(body: Json) -> Revision:
    """A ReplicaSet from the API's JSON."""
    number_text = text(body, "metadata", "annotations", REVISION)
    return Revision(
        name=text(body, "metadata", "name"),
        uid=text(body, "metadata", "uid"),
        owner=controller_uid(body),
        number=int(number_text) if number_text.isdigit() else 0,
        replicas=number(body, "spec", "replicas"),
        current=number(body, "status", "replicas"),
        ready=number(body, "status", "readyReplicas"),
        conditions=parse_conditions(body),
        template=mapping(body, "spec", "template"),
        created=timestamp(dig(body, "metadata", "creationTimestamp")),
    )
