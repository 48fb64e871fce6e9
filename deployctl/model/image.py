"""Images: where they lie, how they are named, what the registry says of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""A tag by OCI's grammar (distribution-spec 1.1, "Pulling manifests")."""
DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[A-Za-z0-9=_-]{32,}")
REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")

DOCKER_HUB = "docker.io"


@dataclass(frozen=True)
class Image:
    """An image reference in its parts: `host/repository:tag@digest`; tag and digest may be empty."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """Host and repository, as kustomize's `newName` wants it."""
        return f"{self.host}/{self.repository}" if self.host else self.repository

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"

    def by_digest(self, digest: str) -> Image:
        """The same repository, by digest alone."""
        return replace(self, tag="", digest=digest)

    def with_digest(self, digest: str) -> Image:
        """The same tag, known to be this digest."""
        return replace(self, digest=digest)

    def with_tag(self, tag: str) -> Image:
        """The same repository under another tag."""
        return replace(self, tag=tag, digest="")


def parse_image(reference: str) -> Image:
    """Split a reference as containerd does: without a host it is Docker Hub's, without tag and digest `latest`; a first
    part with a capital is a host, for repositories have none (github.com/distribution/reference, normalize.go).

    Raises ValueError for what no container runtime would take.
    """
    rest, _, digest = reference.partition("@")
    head, slash, tail = rest.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost" or head != head.lower()):
        host, path = head, tail
    else:
        host, path = DOCKER_HUB, rest
    repository, colon, tag = path.partition(":")
    if host == DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    if not REPOSITORY.fullmatch(repository) or (colon and not TAG.fullmatch(tag)):
        raise ValueError(f"not an image reference: {reference!r}")
    if digest and not DIGEST.fullmatch(digest):
        raise ValueError(f"not an image digest: {digest!r}")
    return Image(host, repository, tag or ("" if digest else "latest"), digest)


def is_reference(text: str) -> bool:
    """Whether a container runtime would take it for an image's name."""
    try:
        parse_image(text)
    except ValueError:
        return False
    return True


def host_of(reference: str) -> str:
    """The host of a reference; empty for what is none."""
    try:
        return parse_image(reference).host
    except ValueError:
        return ""


@dataclass(frozen=True)
class Platform:
    """An operating system and an architecture in Go's words, such as linux and amd64."""

    os: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.os}/{self.architecture}"


@dataclass(frozen=True)
class ImageFacts:
    """What a registry says of one tag or digest."""

    image: Image
    """As it was asked for, completed by its digest (of the index, when it is one)."""
    size: int
    """Bytes of all layers of the first platform, compressed; 0 when the registry does not say."""
    platforms: tuple[Platform, ...] = ()
    created: datetime | None = None
    platform_digests: tuple[str, ...] = ()
    """Of an index: the digests of its manifests, which some runtimes report as imageID."""
    context: str = ""
    """Digest of the build context it was made of, by the image's label; empty when it has none."""

    @property
    def digest(self) -> str:
        return self.image.digest

    def answers(self, image_id: str) -> bool:
        """Whether a pod's imageID is this image."""
        digest = image_id.rpartition("@")[2]
        return digest == self.digest or digest in self.platform_digests
