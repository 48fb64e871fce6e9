"""GET: one object, a list, a watch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

from deployctl.sandbox.api import conversion
from deployctl.sandbox.api.errors import ApiError, gone, not_found
from deployctl.sandbox.api.http import options, render
from deployctl.sandbox.api.http.call import Answered, Call, Reply, Stream
from deployctl.sandbox.api.kinds import resource_of, storage_of
from deployctl.sandbox.api.reading import listing, watching
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import encode

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster


def get(cluster: Cluster, kind: Kind, call: Call) -> Answered:
    """Raises ApiError 404."""
    found = _found(cluster, kind, call)
    if found is None:
        raise not_found(resource_of(kind), call.info.name)
    return render.one(cluster, kind, found, call)


def _found(cluster: Cluster, kind: Kind, call: Call) -> Object | None:
    if call.stale_revision is None:
        return cluster.live(kind, call.info.namespace, call.info.name)
    key = (call.info.namespace if kind.namespaced else "", call.info.name)
    entries = cluster.store.entries_at(storage_of(kind), key[0] or None, call.stale_revision)
    return next((conversion.to_served(kind, e.object) for e in entries if e.key == key), None)


def list_objects(cluster: Cluster, kind: Kind, call: Call) -> Reply:
    chosen = options.chosen(call, kind)
    wanted = options.list_options(call)
    if call.stale_revision is not None and not wanted.continue_token:
        wanted = listing.ListOptions(wanted.limit, "", str(call.stale_revision), "Exact")
    found = listing.list_page(cluster.store, kind, chosen, wanted)
    return render.page(cluster, kind, found, call)


def watch(cluster: Cluster, kind: Kind, call: Call) -> Answered:
    """A stream of JSON lines; a forgotten revision is an ERROR event in it, as the real server's."""
    chosen = options.chosen(call, kind)
    wanted = options.watch_options(call)
    if call.watch_seconds is not None:
        wanted = replace(wanted, seconds=call.watch_seconds)
    if call.watch_expired:
        version = wanted.resource_version or "0"
        return Stream(_only(gone(f"too old resource version: {version} ({cluster.store.revision})")))
    try:
        batches = watching.watch(cluster.store, kind, chosen, wanted)
    except ApiError as error:
        return Stream(_only(error))
    return Stream(_lines(cluster, kind, call, batches))


async def _only(error: ApiError) -> AsyncIterator[bytes]:
    yield encode({"type": "ERROR", "object": error.status()}) + b"\n"


async def _lines(
    cluster: Cluster, kind: Kind, call: Call, batches: AsyncIterator[list[watching.Seen | watching.Bookmark]]
) -> AsyncIterator[bytes]:
    frames = _Frames(cluster, kind, call)
    async for batch in batches:
        yield b"".join(frames.frame(event) for event in batch)


class _Frames:
    """Events of one watch as lines of JSON; of tables, only the first carries the columns."""

    def __init__(self, cluster: Cluster, kind: Kind, call: Call) -> None:
        self._cluster, self._kind, self._call = cluster, kind, call
        self._columns_sent = False

    def frame(self, event: watching.Seen | watching.Bookmark) -> bytes:
        if isinstance(event, watching.Bookmark):
            return _line("BOOKMARK", encode(self._bookmark(event)))
        return _line(event.type, self._object(event))

    def _object(self, event: watching.Seen) -> bytes:
        form = self._call.rendering.form
        if form == "Table":
            return self._table(event)
        if form.startswith("PartialObjectMetadata"):
            return encode(render.partial(event.entry.object))
        return render.whole(self._kind, event.entry)

    def _table(self, event: watching.Seen) -> bytes:
        metadata = {"resourceVersion": str(event.entry.revision)}
        made = render.table(self._cluster, self._kind, [event.entry.object], metadata, self._call)
        if self._columns_sent:
            made["columnDefinitions"] = None
        self._columns_sent = True
        return encode(made)

    def _bookmark(self, event: watching.Bookmark) -> dict[str, object]:
        metadata: dict[str, object] = {"resourceVersion": str(event.revision), "creationTimestamp": None}
        if event.initial:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        if self._call.rendering.form == "Table":
            rows = [{"cells": [], "object": render.partial({"metadata": metadata})}]
            head = {
                "kind": "Table",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": {"resourceVersion": str(event.revision)},
            }
            return {**head, "columnDefinitions": None, "rows": rows}
        return {"kind": self._kind.kind, "apiVersion": self._kind.api_version, "metadata": metadata}


def _line(type: str, obj: bytes) -> bytes:
    return b'{"type":"' + type.encode() + b'","object":' + obj + b"}\n"
