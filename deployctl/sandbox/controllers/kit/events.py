"""Events as the real components write them: counted up when they repeat, combined when they only resemble."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.errors import is_already_exists
from deployctl.sandbox.controllers.kit.meta import (
    micro_timestamp,
    name_of,
    namespace_of,
    timestamp,
    uid_of,
    with_metadata,
)
from deployctl.sandbox.controllers.kit.world import World

SIMILAR_WITHIN, SIMILAR_AT_MOST = 600.0, 10
"""More messages of one reason about one object than this within so many seconds are combined (as client-go does)."""
BURST, REFILL_SECONDS = 25, 300.0
"""Events about one object from one source: a bucket of 25, one more every five minutes; the rest is dropped."""


class _Told(NamedTuple):
    """What is to be written; `where` is the field path, or for the scheduler the action."""

    about: Object
    type: str
    reason: str
    message: str
    where: str


@dataclass
class _Bucket:
    tokens: float
    filled: float


@dataclass
class _Similar:
    messages: set[str] = field(default_factory=set)
    last: float = 0.0


class Recorder:
    """Writes events of one component, as the program `manager`; `host` is the node for a kubelet."""

    def __init__(self, world: World, component: str, manager: str, host: str = "") -> None:
        self._world, self._component, self._manager, self._host = world, component, manager, host
        self._written: dict[tuple[str, ...], tuple[str, str]] = {}
        self._similar: dict[tuple[str, ...], _Similar] = defaultdict(_Similar)
        self._buckets: dict[str, _Bucket] = {}

    def normal(self, about: Object, reason: str, message: str, field_path: str = "") -> None:
        self._later(_Told(about, "Normal", reason, message, field_path))

    def warning(self, about: Object, reason: str, message: str, field_path: str = "") -> None:
        self._later(_Told(about, "Warning", reason, message, field_path))

    def _later(self, told: _Told) -> None:
        """Nobody waits for an event to be written, here or in a real component."""
        now = self._world.clock.now()
        self._world.backlog.add(lambda: self._record(told, now))

    def _record(self, told: _Told, now: datetime) -> None:
        about, type_, reason, message, field_path = told
        if not self._take(uid_of(about) or name_of(about)):
            return
        subject = (uid_of(about) or name_of(about), field_path, type_, reason)
        text = self._combined(subject, message)
        key = (*subject, text)
        if key in self._written and self._count_up(*self._written[key], now):
            return
        body = self._event(told._replace(message=text), now)
        written = write_event(self._world, body, self._manager, now)
        if written is not None:
            self._written[key] = written

    def _take(self, about: str) -> bool:
        now = self._world.clock.monotonic()
        bucket = self._buckets.setdefault(about, _Bucket(BURST, now))
        bucket.tokens = min(BURST, bucket.tokens + (now - bucket.filled) / REFILL_SECONDS)
        bucket.filled = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def _combined(self, subject: tuple[str, ...], message: str) -> str:
        now = self._world.clock.monotonic()
        similar = self._similar[subject]
        if now - similar.last > SIMILAR_WITHIN:
            similar.messages.clear()
        similar.last = now
        similar.messages.add(message)
        return f"(combined from similar events): {message}" if len(similar.messages) > SIMILAR_AT_MOST else message

    def _count_up(self, namespace: str, name: str, now: datetime) -> bool:
        event = self._world.objects.get("events", namespace, name)
        if event is None:
            return False
        again = {**event, "count": int(event.get("count") or 1) + 1, "lastTimestamp": timestamp(now)}
        self._world.objects.update("events", again, manager=self._manager)
        return True

    def _event(self, told: _Told, now: datetime) -> Object:
        about, type_, reason, message, field_path = told
        namespace = namespace_of(about) or "default"
        source = {"component": self._component, **({"host": self._host} if self._host else {})}
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name_of(about), "namespace": namespace},
            "involvedObject": reference_to(about, field_path),
            "reason": reason,
            "message": message,
            "source": source,
            "firstTimestamp": timestamp(now),
            "lastTimestamp": timestamp(now),
            "count": 1,
            "type": type_,
            "eventTime": None,
            "reportingComponent": self._component,
            "reportingInstance": self._host,
        }


SCHEDULER = "kube-scheduler"


class SchedulerRecorder:
    """The scheduler writes the newer kind of event: `eventTime`, an action, no count.

    A repetition about the same version of the object makes a series; a new version gets a new event.
    """

    def __init__(self, world: World, component: str = "default-scheduler") -> None:
        self._world, self._component = world, component
        self._series: dict[tuple[str, ...], tuple[str, str]] = {}

    def record(self, about: Object, type_: str, reason: str, action: str, message: str) -> None:
        now = self._world.clock.now()
        self._world.backlog.add(lambda: self._record(_Told(about, type_, reason, message, action), now))

    def _record(self, told: _Told, now: datetime) -> None:
        about, type_, reason, message, action = told
        key = (uid_of(about), str(about["metadata"].get("resourceVersion")), reason, message)
        if key in self._series and self._repeat(*self._series[key], now):
            return
        event: Object = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name_of(about), "namespace": namespace_of(about) or "default"},
            "involvedObject": reference_to(about, ""),
            "reason": reason,
            "message": message,
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
            "type": type_,
            "eventTime": micro_timestamp(now),
            "action": action,
            "reportingComponent": self._component,
            "reportingInstance": f"{self._component}-sandbox",
        }
        written = write_event(self._world, event, SCHEDULER, now)
        if written is not None:
            self._series[key] = written

    def _repeat(self, namespace: str, name: str, now: datetime) -> bool:
        event = self._world.objects.get("events", namespace, name)
        if event is None:
            return False
        count = int((event.get("series") or {}).get("count") or 1) + 1
        series = {"count": count, "lastObservedTime": micro_timestamp(now)}
        self._world.objects.update("events", {**event, "series": series}, manager=SCHEDULER)
        return True


def write_event(world: World, event: Object, manager: str, now: datetime) -> tuple[str, str] | None:
    """Create the event under its subject's name and the time in nanoseconds; namespace and name, or None if refused."""
    nanos = int(now.timestamp() * 1e9)
    metadata = event["metadata"]
    for attempt in range(20):
        name = f"{metadata['name']}.{nanos + attempt:x}"
        try:
            world.objects.create("events", with_metadata(event, name=name), manager=manager)
        except ApiError as error:
            if is_already_exists(error):
                continue  # two events of one instant
            return None  # a real component gives an event up as well: the namespace may be on its way out
        return metadata["namespace"], name
    return None


def reference_to(obj: Object, field_path: str = "") -> Object:
    reference: Object = {
        "kind": obj.get("kind", ""),
        "namespace": namespace_of(obj),
        "name": name_of(obj),
        "uid": uid_of(obj),
        "apiVersion": obj.get("apiVersion", ""),
        "resourceVersion": obj["metadata"].get("resourceVersion", ""),
        "fieldPath": field_path,
    }
    return {key: value for key, value in reference.items() if value}
