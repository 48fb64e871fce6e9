"""Small real images for the registry tests: an OCI layout on disk that skopeo can push."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CREATED = "2025-12-13T08:09:10.123456789Z"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


@dataclass
class Layout:
    """Blobs by digest, and the descriptor of the top."""

    blobs: dict[str, bytes] = field(default_factory=dict)

    def add(self, body: bytes) -> str:
        self.blobs[digest(body)] = body
        return digest(body)

    def image(self, text: str, architecture: str = "amd64") -> dict[str, Any]:
        """A one-layer image; returns its descriptor."""
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w") as archive:
            info = tarfile.TarInfo("hello")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
        layer = gzip.compress(raw.getvalue(), mtime=0)
        config = json.dumps(
            {
                "architecture": architecture,
                "os": "linux",
                "created": CREATED,
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": [digest(raw.getvalue())]},
            }
        ).encode()
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor("application/vnd.oci.image.config.v1+json", self.add(config), config),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", self.add(layer), layer)],
        }
        body = json.dumps(manifest, indent=3).encode()
        return descriptor(MANIFEST, self.add(body), body)

    def index(self, *images: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        """An index over (architecture, descriptor)."""
        entries = [{**entry, "platform": {"os": "linux", "architecture": arch}} for arch, entry in images]
        body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
        return descriptor(INDEX, self.add(body), body)

    def layers_size(self, manifest: dict[str, Any]) -> int:
        return sum(layer["size"] for layer in json.loads(self.blobs[manifest["digest"]])["layers"])

    def write(self, folder: Path, top: dict[str, Any]) -> Path:
        """An OCI layout whose only entry is `top`."""
        (folder / "blobs" / "sha256").mkdir(parents=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [top]}))
        for name, body in self.blobs.items():
            (folder / "blobs" / "sha256" / name.partition(":")[2]).write_bytes(body)
        return folder


def descriptor(media_type: str, name: str, body: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": name, "size": len(body)}
