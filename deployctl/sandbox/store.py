"""Objects by resource, one revision counter for all of them as in etcd, and a bounded history to watch from."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from deployctl.sandbox.contracts import Object

Key = tuple[str, str]
"""Namespace (empty for cluster-scoped kinds) and name."""


class Expired(Exception):
    """The history no longer reaches back to the asked revision; `oldest` is the first that it could start from."""

    def __init__(self, asked: int, oldest: int) -> None:
        super().__init__(f"too old resource version: {asked} ({oldest})")
        self.asked, self.oldest = asked, oldest


class Entry:
    """One version of one object. The JSON is made once; a superseded version keeps only the JSON."""

    __slots__ = ("_body", "_object", "api_version", "key", "kind", "revision")

    def __init__(self, obj: Object, revision: int) -> None:
        self._object: Object | None = obj
        self._body: bytes | None = None
        self.key = key_of(obj)
        self.kind: str = obj.get("kind", "")
        self.api_version: str = obj.get("apiVersion", "")
        self.revision = revision

    @property
    def object(self) -> Object:
        """Shared: never to be changed in place."""
        if self._object is not None:
            return self._object
        loaded: Object = json.loads(self.body)
        return {"kind": self.kind, "apiVersion": self.api_version, **loaded}

    @property
    def body(self) -> bytes:
        """The object as JSON without `kind` and `apiVersion`, as typed lists carry it."""
        if self._body is None:
            content = {k: v for k, v in self.object.items() if k not in {"kind", "apiVersion"}}
            self._body = encode(content)
        return self._body

    def encoded(self, kind: str = "", api_version: str = "") -> bytes:
        """The whole object as JSON, optionally under another kind and version of the same shape."""
        head = encode({"kind": kind or self.kind, "apiVersion": api_version or self.api_version})
        return head if self.body == b"{}" else head[:-1] + b"," + self.body[1:]

    def supersede(self) -> None:
        """Keep the JSON only: history is long and decoded objects are large."""
        _ = self.body  # encodes while the object is still there
        self._object = None


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """One write: `before` is None for an addition, `after` is the object as last seen for a deletion."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    revision: int
    before: Entry | None
    after: Entry


class Subscription:
    """Every event of one resource from the moment of subscribing; ends when closed by either side.

    One with a `limit` that falls so many events behind is closed: its reader has stalled and must begin anew.
    """

    def __init__(self, store: Store, resource: str, limit: int | None = None) -> None:
        self._store, self._resource, self._limit = store, resource, limit
        self._queue: deque[StoreEvent] = deque()
        self._wake = asyncio.Event()
        self._closed = False

    def push(self, event: StoreEvent) -> None:
        if self._limit is not None and len(self._queue) >= self._limit:
            self.close()
            return
        self._queue.append(event)
        self._wake.set()

    def close(self) -> None:
        self._closed = True
        self._wake.set()
        self._store.unsubscribe(self._resource, self)

    def pending(self) -> Iterator[StoreEvent]:
        """What has arrived and was not taken yet; never waits."""
        while self._queue:
            yield self._queue.popleft()

    @property
    def closed(self) -> bool:
        return self._closed

    async def wait(self) -> None:
        """Until something is pending or the subscription is closed."""
        while not self._queue and not self._closed:
            self._wake.clear()
            await self._wake.wait()

    async def __aiter__(self) -> AsyncIterator[StoreEvent]:
        while not self._closed:
            await self.wait()
            for event in self.pending():
                yield event


class _Collection:
    """The objects and the history of one resource."""

    def __init__(self, history: int) -> None:
        self.entries: dict[Key, Entry] = {}
        self.events: deque[StoreEvent] = deque(maxlen=history)
        self.forgotten = 0
        """The revision of the newest event that the history has lost."""
        self.subscriptions: list[Subscription] = []

    def record(self, event: StoreEvent) -> None:
        if self.events.maxlen == len(self.events) and self.events:
            self.forgotten = self.events[0].revision
        self.events.append(event)
        for subscription in tuple(self.subscriptions):
            subscription.push(event)


class Store:
    """Storage only: no rules about what an object must look like beyond `metadata.name`."""

    def __init__(self, history: int = 2000) -> None:
        self._history = history
        self._collections: dict[str, _Collection] = {}
        self._floor = 0
        self.revision = 1

    def get(self, resource: str, namespace: str, name: str) -> Entry | None:
        return self._collection(resource).entries.get((namespace, name))

    def entries(self, resource: str, namespace: str | None = None) -> list[Entry]:
        """Of one namespace, or of all, ordered by namespace and name."""
        entries = self._collection(resource).entries
        keys = entries if namespace is None else [key for key in entries if key[0] == namespace]
        return [entries[key] for key in sorted(keys)]

    def entries_at(self, resource: str, namespace: str | None, revision: int) -> list[Entry]:
        """As they were at an earlier revision: the present, with what happened since undone. Raises Expired."""
        entries = dict(self._collection(resource).entries)
        for event in reversed(self.since(resource, revision)):
            key = event.after.key
            if event.before is None:
                entries.pop(key, None)
            else:
                entries[key] = event.before
        return [entries[key] for key in sorted(entries) if namespace is None or key[0] == namespace]

    def resources(self) -> list[str]:
        return sorted(name for name, collection in self._collections.items() if collection.entries)

    def put(self, resource: str, obj: Object) -> Entry:
        """Write an object and stamp its resourceVersion. The store keeps what it is given: hand over a fresh one."""
        collection = self._collection(resource)
        self.revision += 1
        obj["metadata"]["resourceVersion"] = str(self.revision)
        entry = Entry(obj, self.revision)
        before = collection.entries.get(key_of(obj))
        collection.entries[key_of(obj)] = entry
        collection.record(StoreEvent("MODIFIED" if before else "ADDED", self.revision, before, entry))
        if before:
            before.supersede()
        return entry

    def remove(self, resource: str, namespace: str, name: str, last: Object | None = None) -> Entry | None:
        """Take an object away; the deletion has a revision of its own, which its last version carries. `last` is how
        it is seen last, when that is not how it is stored.
        """
        collection = self._collection(resource)
        before = collection.entries.pop((namespace, name), None)
        if before is None:
            return None
        self.revision += 1
        last = last or before.object
        final = {**last, "metadata": {**last["metadata"], "resourceVersion": str(self.revision)}}
        entry = Entry(final, self.revision)
        collection.record(StoreEvent("DELETED", self.revision, before, entry))
        before.supersede()
        entry.supersede()
        return entry

    def since(self, resource: str, revision: int) -> list[StoreEvent]:
        """The events after `revision`. Raises Expired when some of them are forgotten."""
        collection = self._collection(resource)
        oldest = max(collection.forgotten, self._floor)
        if revision < oldest:
            raise Expired(revision, oldest)
        return [event for event in collection.events if event.revision > revision]

    def compact(self) -> None:
        """Forget all history, as etcd's compaction does: every older resourceVersion answers 410 from here on."""
        for collection in self._collections.values():
            collection.events.clear()
        self._floor = self.revision

    def subscribe(self, resource: str, limit: int | None = None) -> Subscription:
        subscription = Subscription(self, resource, limit)
        self._collection(resource).subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, resource: str, subscription: Subscription) -> None:
        subscriptions = self._collection(resource).subscriptions
        if subscription in subscriptions:
            subscriptions.remove(subscription)

    def drop(self, resource: str) -> None:
        """Forget a resource that is no longer served; its watchers end."""
        collection = self._collections.pop(resource, None)
        for subscription in tuple(collection.subscriptions) if collection else ():
            subscription.close()

    def restore(self, revision: int, objects: Iterable[tuple[str, Object]]) -> None:
        """Put back what was saved, versions unchanged; older versions cannot be watched from."""
        for resource, obj in objects:
            entry = Entry(obj, int(obj["metadata"].get("resourceVersion", revision)))
            self._collection(resource).entries[key_of(obj)] = entry
        self.revision = max(revision, self.revision)
        self.compact()

    def _collection(self, resource: str) -> _Collection:
        if resource not in self._collections:
            self._collections[resource] = _Collection(self._history)
        return self._collections[resource]


def key_of(obj: Object) -> Key:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def encode(value: object) -> bytes:
    """JSON as the real server writes it: no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def clone(value: Any) -> Any:
    """A deep copy of decoded JSON that shares its strings; keys are interned, because thousands repeat."""
    if isinstance(value, dict):
        return {sys.intern(key) if type(key) is str else key: clone(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clone(item) for item in value]
    return value
