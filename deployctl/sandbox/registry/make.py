"""Making tiny images: a real config, real manifests, and layers that are as large as declared without being stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from deployctl.sandbox.registry.ballast import MIB, ballast, layer
from deployctl.sandbox.registry.blob import Blob
from deployctl.sandbox.registry.manifest import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from deployctl.sandbox.registry.records import Manifest
from deployctl.sandbox.registry.storage import Storage

LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ImageSpec:
    """An image to be made. `size` is bytes of all layers; `salt` makes the same tag another digest."""

    size: int = 8 << 20
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ("/app",)
    cmd: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ("linux/amd64",)
    salt: str = ""
    docker: bool = False
    """Docker's media types instead of OCI's."""


def make_image(storage: Storage, repository: str, tag: str, spec: ImageSpec) -> Manifest:
    """Put the image under the tag; with several platforms an index of them. Raises RegistryError."""
    manifests = [_platform_image(storage, repository, platform, spec) for platform in spec.platforms]
    if len(manifests) == 1:
        return storage.put_manifest(repository, tag, manifests[0].body, manifests[0].parsed.media_type)
    media_type = DOCKER_LIST if spec.docker else OCI_INDEX
    children = [_child(manifest, platform) for manifest, platform in zip(manifests, spec.platforms, strict=True)]
    index = {"schemaVersion": 2, "mediaType": media_type, "manifests": children}
    return storage.put_manifest(repository, tag, _json(index), media_type)


def _child(manifest: Manifest, platform: str) -> dict[str, Any]:
    os, _, architecture = platform.partition("/")
    return {**_described(manifest), "platform": {"os": os, "architecture": architecture}}


def _described(manifest: Manifest) -> dict[str, Any]:
    return {"mediaType": manifest.parsed.media_type, "digest": manifest.digest, "size": len(manifest.body)}


def _platform_image(storage: Storage, repository: str, platform: str, spec: ImageSpec) -> Manifest:
    layers = [*ballast(spec.size // MIB), layer(f"{repository}-{platform}-{spec}", spec.size % MIB)]
    config_body = _json(_config(platform, spec, layers))
    for blob in (*layers, Blob(config_body)):
        storage.put_blob(repository, blob)
    media_type = DOCKER_MANIFEST if spec.docker else OCI_MANIFEST
    manifest = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": _reference(Blob(config_body), DOCKER_CONFIG if spec.docker else CONFIG),
        "layers": [_reference(blob, DOCKER_LAYER if spec.docker else LAYER) for blob in layers],
    }
    body = _json(manifest)
    return storage.put_manifest(repository, f"sha256:{hashlib.sha256(body).hexdigest()}", body, media_type)


def _config(platform: str, spec: ImageSpec, layers: list[Blob]) -> dict[str, Any]:
    os, _, architecture = platform.partition("/")
    labels = {**spec.labels, **({"sandbox.salt": spec.salt} if spec.salt else {})}
    return {
        "created": EPOCH.isoformat().replace("+00:00", "Z"),
        "os": os,
        "architecture": architecture or "amd64",
        "config": {
            "Env": [f"{key}={value}" for key, value in spec.env.items()],
            "Labels": labels,
            "Entrypoint": list(spec.entrypoint),
            "Cmd": list(spec.cmd),
        },
        "rootfs": {"type": "layers", "diff_ids": [blob.digest() for blob in layers]},
        "history": [],
    }


def _reference(blob: Blob, media_type: str) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": blob.digest(), "size": blob.size}


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True).encode()
