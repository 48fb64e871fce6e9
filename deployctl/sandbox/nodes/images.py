"""Image references, and the images that a node has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from deployctl.sandbox.contracts import ImageConfig

_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::\d+)?"
)
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}")


class InvalidReference(ValueError):
    """The text is no image reference; the message is the parser's of a real kubelet."""


@dataclass(frozen=True)
class Reference:
    """`host/path:tag@digest`, completed as containerd does."""

    host: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def repository(self) -> str:
        return f"{self.host}/{self.path}"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.repository}{tag}{f'@{self.digest}' if self.digest else ''}"


def parse_reference(text: str) -> Reference:
    """The completed reference. Raises InvalidReference."""
    host, rest = _split_host(text)
    repository = rest.split(":", 1)[0]
    if repository != repository.lower():
        raise InvalidReference(f"invalid reference format: repository name ({repository}) must be lowercase")
    name, at, digest = rest.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise InvalidReference("invalid reference format")
    path, tag = _split_tag(name)
    if not _PATH.fullmatch(path) or not _HOST.fullmatch(host) or (tag and not _TAG.fullmatch(tag)):
        raise InvalidReference("invalid reference format")
    return Reference(host, path, tag or ("" if digest else "latest"), digest)


def _split_tag(name: str) -> tuple[str, str]:
    path, colon, tag = name.partition(":")
    if colon and not tag:
        raise InvalidReference("invalid reference format")
    return path, tag


def _split_host(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        return ("docker.io", _library(rest)) if first in ("docker.io", "index.docker.io") else (first, rest)
    return "docker.io", _library(name)


def _library(path: str) -> str:
    return path if "/" in path else f"library/{path}"


@dataclass(frozen=True)
class StoredImage:
    """An image on a node: what it is, and under which names."""

    config: ImageConfig
    reference: Reference

    @property
    def image_id(self) -> str:
        """As in a container's status: the repository with the manifest's digest."""
        return f"{self.reference.repository}@{self.config.digest}"


@dataclass
class ImageStore:
    """What is present; a name is the completed reference or the repository with a digest."""

    _by_name: dict[str, StoredImage] = field(default_factory=dict)

    def find(self, reference: Reference) -> StoredImage | None:
        if reference.digest:
            return self._by_name.get(f"{reference.repository}@{reference.digest}")
        return self._by_name.get(str(reference))

    def has_digest(self, digest: str) -> bool:
        return any(image.config.digest == digest for image in self._by_name.values())

    def put(self, reference: Reference, config: ImageConfig) -> StoredImage:
        """Keep the image; a tag that pointed elsewhere moves."""
        image = StoredImage(config, reference)
        self._by_name[f"{reference.repository}@{config.digest}"] = image
        if reference.tag:
            self._by_name[str(Reference(reference.host, reference.path, reference.tag))] = image
        return image

    def status(self) -> list[dict[str, object]]:
        """`status.images` of the Node: largest first, at most fifty, as kubelets report."""
        names: dict[str, list[str]] = {}
        sizes: dict[str, int] = {}
        for name, image in self._by_name.items():
            names.setdefault(image.config.digest, []).append(name)
            sizes[image.config.digest] = image.config.size
        largest = sorted(names, key=lambda digest: (-sizes[digest], digest))[:50]
        return [{"names": sorted(names[d], key=lambda n: "@" not in n), "sizeBytes": sizes[d]} for d in largest]
