"""Pods and events as a rollout sees them, parsed once from the API's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from deployctl.model.json import Json, dig, items, mapping, number, text


def timestamp(value: object) -> datetime | None:
    """An RFC 3339 time as the API writes it; None when it is missing or unreadable."""
    if not isinstance(value, str) or not value:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


@dataclass(frozen=True)
class Waiting:
    """A container that has not started."""

    reason: str
    message: str


@dataclass(frozen=True)
class Running:
    """A container that runs."""

    started: datetime | None


@dataclass(frozen=True)
class Terminated:
    """A container that ended."""

    reason: str
    message: str
    exit_code: int
    started: datetime | None
    finished: datetime | None


ContainerState = Waiting | Running | Terminated


@dataclass(frozen=True)
class Container:
    """One container of a pod, from its status."""

    name: str
    image: str
    image_id: str
    state: ContainerState
    last: Terminated | None = None
    ready: bool = False
    restarts: int = 0
    init: bool = False


@dataclass(frozen=True)
class Condition:
    """A condition of any object."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    since: datetime | None = None
    updated: datetime | None = None


@dataclass(frozen=True)
class Pod:
    """A pod; `containers` holds init containers first."""

    name: str
    namespace: str
    uid: str
    owner: str
    """uid of the controller that owns it; empty for a bare pod."""
    node: str
    phase: Literal["Pending", "Running", "Succeeded", "Failed", "Unknown"] | str
    reason: str
    message: str
    labels: Json
    created: datetime | None
    deleting: datetime | None
    """deletionTimestamp: when it ought to be gone, the grace period included."""
    grace: int
    finalizers: tuple[str, ...]
    conditions: tuple[Condition, ...]
    containers: tuple[Container, ...]

    @property
    def ready(self) -> bool:
        return not self.deleting and any(c.type == "Ready" and c.status == "True" for c in self.conditions)

    @property
    def restarts(self) -> int:
        return sum(container.restarts for container in self.containers)

    @property
    def ended(self) -> bool:
        return self.phase in ("Succeeded", "Failed")

    def condition(self, kind: str) -> Condition | None:
        return next((c for c in self.conditions if c.type == kind), None)


@dataclass(frozen=True)
class Event:
    """A Kubernetes event about one object."""

    kind: str
    name: str
    uid: str
    field: str
    type: str
    reason: str
    message: str
    count: int
    last_seen: datetime | None


def parse_condition(body: Json) -> Condition:
    return Condition(
        text(body, "type"),
        text(body, "status"),
        text(body, "reason"),
        text(body, "message"),
        timestamp(body.get("lastTransitionTime")),
        timestamp(body.get("lastUpdateTime")),
    )


def parse_conditions(body: Json) -> tuple[Condition, ...]:
    return tuple(parse_condition(c) for c in items(body, "status", "conditions"))


def _terminated(body: Json) -> Terminated:
    return Terminated(
        text(body, "reason"),
        text(body, "message"),
        number(body, "exitCode"),
        timestamp(body.get("startedAt")),
        timestamp(body.get("finishedAt")),
    )


def _state(body: Json) -> ContainerState:
    if isinstance(body.get("terminated"), dict):
        return _terminated(mapping(body, "terminated"))
    if isinstance(body.get("running"), dict):
        return Running(timestamp(dig(body, "running", "startedAt")))
    waiting = mapping(body, "waiting")
    return Waiting(text(waiting, "reason"), text(waiting, "message"))


def _container(body: Json, *, init: bool) -> Container:
    last = mapping(body, "lastState", "terminated")
    return Container(
        name=text(body, "name"),
        image=text(body, "image"),
        image_id=text(body, "imageID"),
        state=_state(mapping(body, "state")),
        last=_terminated(last) if last else None,
        ready=body.get("ready") is True,
        restarts=number(body, "restartCount"),
        init=init,
    )


def controller_uid(body: Json) -> str:
    """The uid of the owner that controls an object; empty when none does."""
    owners = items(body, "metadata", "ownerReferences")
    return next((text(owner, "uid") for owner in owners if owner.get("controller") is True), "")


def parse_pod(body: Json) -> Pod:
    """A pod from the API's JSON; never raises: what is missing is empty."""
    metadata, status = mapping(body, "metadata"), mapping(body, "status")
    finalizers = metadata.get("finalizers")
    return Pod(
        name=text(metadata, "name"),
        namespace=text(metadata, "namespace"),
        uid=text(metadata, "uid"),
        owner=controller_uid(body),
        node=text(body, "spec", "nodeName"),
        phase=text(status, "phase"),
        reason=text(status, "reason"),
        message=text(status, "message"),
        labels=mapping(metadata, "labels"),
        created=timestamp(metadata.get("creationTimestamp")),
        deleting=timestamp(metadata.get("deletionTimestamp")),
        grace=number(metadata, "deletionGracePeriodSeconds"),
        finalizers=tuple(str(f) for f in finalizers) if isinstance(finalizers, list) else (),
        conditions=parse_conditions(body),
        containers=(
            *(_container(c, init=True) for c in items(status, "initContainerStatuses")),
            *(_container(c, init=False) for c in items(status, "containerStatuses")),
        ),
    )


def parse_event(body: Json) -> Event:
    """An event of core/v1 from the API's JSON; newer writers fill `eventTime` and `series`."""
    about = mapping(body, "involvedObject")
    seen = text(body, "lastTimestamp") or text(body, "series", "lastObservedTime") or text(body, "eventTime")
    return Event(
        kind=text(about, "kind"),
        name=text(about, "name"),
        uid=text(about, "uid"),
        field=text(about, "fieldPath"),
        type=text(body, "type"),
        reason=text(body, "reason"),
        message=text(body, "message"),
        count=number(body, "count") or number(body, "series", "count") or 1,
        last_seen=timestamp(seen) or timestamp(dig(body, "metadata", "creationTimestamp")),
    )
