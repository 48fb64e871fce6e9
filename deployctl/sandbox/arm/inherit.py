"""The next version of a program behaves as the last one did: what a build inherits from its repository."""

from __future__ import annotations

import json

from deployctl.sandbox.registry.errors import RegistryError
from deployctl.sandbox.registry.storage import Storage

OWN = ("sandbox.version", "sandbox.context")
"""What each build says of itself."""


def behaviour_of_last(storage: Storage, repository: str) -> dict[str, str]:
    """The `sandbox.*` labels of the newest image of a repository; empty when there is none to learn from."""
    known = storage.repositories.get(repository)
    newest = max(known.tags.values(), key=lambda tag: tag.updated, default=None) if known else None
    if known is None or newest is None:
        return {}
    manifest = known.manifest(newest.name)
    parts = manifest.parsed.children
    manifest = known.manifest(parts[0].digest) if parts else manifest
    if manifest.parsed.config is None:
        return {}
    try:
        config = json.loads(storage.blob(repository, manifest.parsed.config.digest).content())
    except (RegistryError, ValueError):
        return {}
    labels = (config.get("config") or {}).get("Labels") or {}
    return {key: value for key, value in labels.items() if key.startswith("sandbox.") and key not in OWN}
