"""Which faults concern a pod, an image or a node. Selectors are shell patterns; a missing one matches all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Protocol, runtime_checkable

from deployctl.sandbox.contracts import Faults, Object
from deployctl.sandbox.controllers.kit.meta import controller_of, labels_of, name_of, namespace_of
from deployctl.sandbox.controllers.kit.pods import node_of


@dataclass(frozen=True)
class Subject:
    """What a fault's selectors are compared with; "" where it does not apply."""

    namespace: str = ""
    pod: str = ""
    workload: str = ""
    container: str = ""
    image: str = ""
    node: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    containers: tuple[tuple[str, str], ...] = ()
    """Name and image of each container, for what concerns a pod as a whole: one that fits is enough."""


@runtime_checkable
class Spends(Protocol):
    """A board whose faults may be good for a number of times only."""

    def spend(self, id: str) -> None: ...


def happened(faults: Faults, fault: Mapping[str, Any]) -> None:
    """Count a fault as having happened once, where somebody counts."""
    if isinstance(faults, Spends) and "id" in fault:
        faults.spend(str(fault["id"]))


SELECTORS = ("namespace", "pod", "workload", "container", "image", "node")


def about_pod(pod: Object, container: Object | None = None) -> Subject:
    return Subject(
        namespace=namespace_of(pod),
        pod=name_of(pod),
        workload=workload_of(pod),
        container=container["name"] if container else "",
        image=container.get("image", "") if container else "",
        node=node_of(pod),
        labels=labels_of(pod),
        containers=() if container else tuple((c["name"], c.get("image", "")) for c in pod["spec"]["containers"]),
    )


def workload_of(pod: Object) -> str:
    """The name of what a person would call the pod's workload: a Deployment rather than its ReplicaSet."""
    owner = controller_of(pod)
    if owner is None:
        return name_of(pod)
    name, hash_ = str(owner["name"]), labels_of(pod).get("pod-template-hash")
    return name.removesuffix(f"-{hash_}") if hash_ else name


def concerning(faults: Faults, kind: str, subject: Subject) -> list[Mapping[str, Any]]:
    """The active faults of a kind that select the subject, in their order."""
    return [fault for fault in faults.active(kind) if _selects(fault, subject)]


def _within(subject: Subject, container: str, image: str) -> Subject:
    return replace(subject, container=container, image=image)


def _fits(fault: Mapping[str, Any], subject: Subject) -> bool:
    return all(
        fnmatchcase(getattr(subject, name), str(fault[name])) for name in SELECTORS if fault.get(name) is not None
    )


def _selects(fault: Mapping[str, Any], subject: Subject) -> bool:
    if subject.containers and not any(_fits(fault, _within(subject, *pair)) for pair in subject.containers):
        return False
    if not subject.containers and not _fits(fault, subject):
        return False
    wanted: Mapping[str, str] = fault.get("labels") or {}
    return all(subject.labels.get(key) == value for key, value in wanted.items())
