"""Keeping a sandbox' objects and images in its state folder, so that the next one goes on where it ended."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deployctl.sandbox.registry.registry import Registry
from deployctl.sandbox.registry.saved import dump
from deployctl.sandbox.registry.saved import restore as restore_registry
from deployctl.sandbox.store import Store

FILE = "kept.json.gz"
EVERY = 5.0
"""Wall seconds between two saves of a world that changes; a sandbox that is killed loses no more."""
VERSION = 1
log = logging.getLogger("deployctl.sandbox")


def read(state: Path) -> dict[str, Any] | None:
    """What an earlier sandbox kept; None when there is nothing that can be read."""
    try:
        kept: dict[str, Any] = json.loads(gzip.decompress((state / FILE).read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError) as error:
        log.warning("%s cannot be read and is left aside: %s", state / FILE, error)
        return None
    return kept if kept.get("version") == VERSION else None


def restore_store(kept: dict[str, Any] | None) -> Store:
    """A store with the kept objects."""
    store = Store()
    if kept is not None:
        store.restore(int(kept["revision"]), [(resource, body) for resource, body in kept["objects"]])
    return store


def restore_registries(kept: dict[str, Any] | None, registries: Iterable[Registry]) -> None:
    """Each registry's content as it was kept, instead of the scenario's images."""
    saved = (kept or {}).get("registries", {})
    for registry in registries:
        if registry.host in saved:
            registry.storage.blobs.clear()
            registry.storage.repositories.clear()
            restore_registry(registry.storage, saved[registry.host])


def save(state: Path, store: Store, registries: Iterable[Registry]) -> None:
    """Write everything, whole or not at all, for the owner only."""
    objects = [(resource, entry.object) for resource in store.resources() for entry in store.entries(resource)]
    kept = {
        "version": VERSION,
        "revision": store.revision,
        "objects": objects,
        "registries": {registry.host: dump(registry.storage) for registry in registries},
    }
    fresh = state / f"{FILE}.new"
    fresh.touch(mode=0o600)
    fresh.write_bytes(gzip.compress(json.dumps(kept).encode(), compresslevel=1))
    fresh.replace(state / FILE)


async def keep(state: Path, store: Store, registries: tuple[Registry, ...]) -> None:
    """Save whenever something has changed, until cancelled; and then once more."""
    seen = -1
    try:
        while True:
            await asyncio.sleep(EVERY)
            if store.revision != seen:
                seen = store.revision
                save(state, store, registries)
    finally:
        save(state, store, registries)
