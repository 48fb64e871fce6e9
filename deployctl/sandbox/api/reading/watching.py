"""Watches: what a client sees of the store's events, selectors applied; bookmarks; forgotten revisions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from deployctl.sandbox.api.errors import gone
from deployctl.sandbox.api.kinds import storage_of
from deployctl.sandbox.api.reading.listing import Filter
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.store import Entry, Expired, StoreEvent, Subscription

if TYPE_CHECKING:
    from deployctl.sandbox.store import Store

BOOKMARK_SECONDS = 30.0
"""Wall time between bookmarks; the real server's is about a minute."""

STALLED = 20_000
"""Events that a client may be behind before its watch is ended."""


@dataclass(frozen=True)
class WatchOptions:
    resource_version: str = ""
    bookmarks: bool = False
    initial_events: bool | None = None
    seconds: float = 1800.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as the client sees it."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    entry: Entry


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Everything up to `revision` was sent; `initial` ends the initial events."""

    revision: int
    initial: bool = False


def watch(store: Store, kind: Kind, chosen: Filter, options: WatchOptions) -> AsyncIterator[list[Seen | Bookmark]]:
    """Batches of events until the time is over. Subscribes at once. Raises ApiError 410 before the first batch."""
    storage = storage_of(kind)
    first = _first(store, storage, chosen, options)
    return _run(store, store.subscribe(storage, limit=STALLED), first, chosen, options)


def _first(store: Store, storage: str, chosen: Filter, options: WatchOptions) -> list[Seen | Bookmark]:
    version = int(options.resource_version or 0)
    if options.initial_events or (options.initial_events is None and not version):
        present: list[Seen | Bookmark] = [
            Seen("ADDED", entry) for entry in store.entries(storage, chosen.namespace) if chosen.matches(entry)
        ]
        return [*present, Bookmark(store.revision, initial=True)] if options.initial_events else present
    if not version:
        return []
    try:
        return list(_seen(store.since(storage, version), chosen))
    except Expired as expired:
        raise gone(str(expired)) from expired


async def _run(
    store: Store, subscription: Subscription, first: list[Seen | Bookmark], chosen: Filter, options: WatchOptions
) -> AsyncIterator[list[Seen | Bookmark]]:
    loop = asyncio.get_running_loop()
    end = loop.time() + options.seconds
    try:
        yield first
        while not subscription.closed:
            left = end - loop.time()
            if left <= 0:
                break
            try:
                async with asyncio.timeout(min(left, BOOKMARK_SECONDS)):
                    await subscription.wait()
            except TimeoutError:
                # Also without bookmarks: the sender looks whether the client is still there.
                yield [Bookmark(store.revision)] if options.bookmarks else []
                continue
            batch: list[Seen | Bookmark] = list(_seen(subscription.pending(), chosen))
            if batch:
                yield batch
    finally:
        subscription.close()


def _seen(events: Iterable[StoreEvent], chosen: Filter) -> Iterable[Seen]:
    for event in events:
        seen = _as_seen(event, chosen)
        if seen:
            yield seen


def _as_seen(event: StoreEvent, chosen: Filter) -> Seen | None:
    """An object that starts to match is added, one that stops to is deleted, for this client."""
    if not chosen.selects:
        return Seen(event.type, event.after) if chosen.matches(event.after) else None
    before = event.before is not None and chosen.matches(event.before)
    after = event.type != "DELETED" and chosen.matches(event.after)
    if not after:
        return Seen("DELETED", event.after) if before else None
    return Seen("MODIFIED" if before else "ADDED", event.after)
