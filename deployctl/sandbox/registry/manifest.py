"""Reading manifests and indexes: what they refer to, and for which platform they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deployctl.sandbox.registry.errors import RegistryError

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFESTS = (OCI_MANIFEST, DOCKER_MANIFEST)
INDEXES = (OCI_INDEX, DOCKER_LIST)


@dataclass(frozen=True)
class Descriptor:
    """A pointer to content."""

    digest: str
    size: int
    media_type: str = ""
    os: str = ""
    architecture: str = ""


@dataclass(frozen=True)
class Parsed:
    """A manifest as far as a registry cares."""

    media_type: str
    config: Descriptor | None
    layers: tuple[Descriptor, ...]
    children: tuple[Descriptor, ...]
    subject: str | None
    artifact_type: str
    annotations: dict[str, str]

    def blobs(self) -> Iterator[Descriptor]:
        """What must be there as a blob before the manifest may be put."""
        if self.config is not None:
            yield self.config
        yield from self.layers


def _bare(content_type: str) -> str:
    return content_type.split(";", maxsplit=1)[0].strip()


def _descriptor(value: dict[str, Any]) -> Descriptor:
    platform = value.get("platform") or {}
    return Descriptor(
        str(value["digest"]),
        int(value["size"]),
        str(value.get("mediaType", "")),
        str(platform.get("os", "")),
        str(platform.get("architecture", "")),
    )


def parse(body: bytes, content_type: str) -> Parsed:
    """Raises RegistryError 400 MANIFEST_INVALID when the body is no manifest of that type."""
    try:
        value = json.loads(body)
        media_type = str(value.get("mediaType") or _bare(content_type))
        if not content_type or media_type != _bare(content_type):
            raise ValueError(f"Content-Type is {content_type!r}, mediaType {media_type!r}")
        config = value.get("config")
        subject = value.get("subject")
        return Parsed(
            media_type,
            _descriptor(config) if config else None,
            tuple(_descriptor(layer) for layer in value.get("layers") or ()),
            tuple(_descriptor(child) for child in value.get("manifests") or ()),
            str(subject["digest"]) if subject else None,
            str(value.get("artifactType") or (config or {}).get("mediaType", "")),
            dict(value.get("annotations") or {}),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RegistryError(400, "MANIFEST_INVALID", "manifest invalid", str(error)) from error
