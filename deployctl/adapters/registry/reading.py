"""From a manifest to ImageFacts, whoever fetches the parts."""

from __future__ import annotations

from typing import Protocol

from deployctl.adapters.registry.answers import json_object
from deployctl.adapters.registry.failures import BadAnswer
from deployctl.adapters.registry.manifests import (
    DOCKER_MANIFEST,
    OCI_MANIFEST,
    Document,
    config_digest,
    layers_size,
    parts,
    platform_of,
)
from deployctl.model.dockerfile import CONTEXT_LABEL
from deployctl.model.image import Image, ImageFacts
from deployctl.model.json import EMPTY, Json, text
from deployctl.model.pod import timestamp


class Fetcher(Protocol):
    """Fetches verified content of one repository by digest."""

    def manifest(self, repository: str, digest: str) -> Document: ...

    def blob(self, repository: str, digest: str) -> bytes: ...


def image_facts(image: Image, document: Document, fetch: Fetcher) -> ImageFacts:
    """What a tag or digest stands for. Raises what the fetcher raises, and BadAnswer for what is no image."""
    named = Image(image.host, image.repository, image.tag, document.digest)
    if document.is_index:
        return _index_facts(named, document, fetch)
    if document.media_type not in (OCI_MANIFEST, DOCKER_MANIFEST):
        raise BadAnswer(
            f"{image} is a {document.media_type or 'thing without media type'}, which no current runtime can pull"
        )
    config = _config(named, document.json, fetch)
    return ImageFacts(
        named,
        layers_size(document.json),
        platform_of(config),
        timestamp(config.get("created")),
        context=context_of(config),
    )


def _index_facts(image: Image, document: Document, fetch: Fetcher) -> ImageFacts:
    entries = parts(document.json)
    size, config = 0, EMPTY
    if entries:
        first = fetch.manifest(image.repository, entries[0].digest).json
        size, config = layers_size(first), _config(image, first, fetch)
    return ImageFacts(
        image,
        size,
        tuple(dict.fromkeys(entry.platform for entry in entries)),
        timestamp(config.get("created")),
        tuple(entry.digest for entry in entries),
        context_of(config),
    )


def context_of(config: Json) -> str:
    """What the label says of the build context."""
    return text(config, "config", "Labels", CONTEXT_LABEL)


def _config(image: Image, manifest: Json, fetch: Fetcher) -> Json:
    digest = config_digest(manifest)
    return json_object(fetch.blob(image.repository, digest), str(image)) if digest else EMPTY
