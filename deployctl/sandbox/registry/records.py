"""The nouns that a registry keeps: repositories, manifests, tags, with ACR's times and locks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployctl.sandbox.registry import errors

if TYPE_CHECKING:
    from datetime import datetime

    from deployctl.sandbox.registry.manifest import Parsed

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Attributes:
    """ACR's changeableAttributes: False forbids."""

    delete: bool = True
    write: bool = True
    list: bool = True
    read: bool = True


@dataclass(frozen=True)
class Manifest:
    """A stored manifest; `body` exactly as it was put, since the digest is of those bytes."""

    digest: str
    body: bytes
    parsed: Parsed
    created: datetime
    updated: datetime
    attributes: Attributes = Attributes()


@dataclass(frozen=True)
class Tag:
    """A name for a manifest."""

    name: str
    digest: str
    created: datetime
    updated: datetime
    attributes: Attributes = Attributes()


@dataclass
class Repository:
    """One image name."""

    name: str
    created: datetime
    updated: datetime
    attributes: Attributes = Attributes()
    manifests: dict[str, Manifest] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    blobs: set[str] = field(default_factory=set)

    def manifest(self, reference: str) -> Manifest:
        """By tag or digest. Raises RegistryError 404, or 405 when reading is forbidden."""
        tag = self.tags.get(reference)
        found = self.manifests.get(tag.digest if tag else reference)
        if found is None:
            raise errors.manifest_unknown(reference)
        if not (found.attributes.read and (tag is None or tag.attributes.read)):
            raise errors.locked(f"read of {self.name}@{found.digest}")
        return found

    def tags_of(self, digest: str) -> list[str]:
        """Every tag that points there, sorted."""
        return sorted(tag.name for tag in self.tags.values() if tag.digest == digest)

    def size_of(self, manifest: Manifest) -> int:
        """Bytes of the config and every layer, and of an index' first child, as ACR's imageSize counts."""
        total = sum(blob.size for blob in manifest.parsed.blobs())
        children = (self.manifests.get(child.digest) for child in manifest.parsed.children)
        return total + sum(self.size_of(child) for child in children if child is not None)
