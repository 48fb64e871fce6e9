"""What a manifest says: pure reading of the OCI image spec and docker's schema 2."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from deployctl.adapters.registry.answers import json_object
from deployctl.adapters.registry.failures import BadAnswer
from deployctl.model.image import Platform
from deployctl.model.json import Json, items, mapping, number, text

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ACCEPT = ", ".join((OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST))
IMAGE_CONFIGS = frozenset(
    {"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"}
)


@dataclass(frozen=True)
class Document:
    """A manifest as the registry holds it, byte for byte."""

    digest: str
    media_type: str
    body: bytes = field(repr=False)

    @property
    def json(self) -> Json:
        return json_object(self.body, self.digest)

    @property
    def is_index(self) -> bool:
        return self.media_type in (OCI_INDEX, DOCKER_LIST)


@dataclass(frozen=True)
class Part:
    """One platform's manifest in an index."""

    platform: Platform
    digest: str


def verified(body: bytes, digest: str, what: str) -> bytes:
    """The body, when it is what the digest says. Raises BadAnswer."""
    algorithm = digest.partition(":")[0]
    if algorithm not in ("sha256", "sha512"):
        raise BadAnswer(f"{what} has a digest that cannot be checked: {digest}")
    found = f"{algorithm}:{hashlib.new(algorithm, body).hexdigest()}"
    if found != digest:
        raise BadAnswer(f"{what} is not what its digest says: {found} instead of {digest}")
    return body


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def parts(index: Json) -> tuple[Part, ...]:
    """The images in an index; attestations, which build tools mark as `unknown/unknown`, are none."""
    found = (
        Part(Platform(text(entry, "platform", "os"), text(entry, "platform", "architecture")), text(entry, "digest"))
        for entry in items(index, "manifests")
    )
    return tuple(part for part in found if part.platform.os not in ("", "unknown") and part.digest)


def layers_size(manifest: Json) -> int:
    """Bytes of all layers, compressed."""
    return sum(number(layer, "size") for layer in items(manifest, "layers"))


def config_digest(manifest: Json) -> str:
    """The config blob's digest; empty when this is no image (a Helm chart, a signature)."""
    config = mapping(manifest, "config")
    return text(config, "digest") if text(config, "mediaType") in IMAGE_CONFIGS else ""


def platform_of(config: Json) -> tuple[Platform, ...]:
    """The platform that a config blob names, when it names one."""
    os, architecture = text(config, "os"), text(config, "architecture")
    return (Platform(os, architecture),) if os and architecture else ()


def media_type_of(header: str, body: bytes) -> str:
    """A manifest's media type: the header's, or the one it states itself when the header is a general one."""
    named = header.partition(";")[0].strip()
    if named.endswith("+json"):
        return named
    return text(json_object(body, "the registry"), "mediaType") or named
