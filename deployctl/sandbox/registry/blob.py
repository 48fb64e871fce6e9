"""Blobs: real bytes, followed by as many zeros as were declared. A layer of 300 MB costs its header in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

CHUNK = 1 << 20


@dataclass(frozen=True)
class Blob:
    """Content of a blob: `head` and then `zeros` NUL bytes. `known` is its digest, where somebody has computed it."""

    head: bytes
    zeros: int = 0
    known: str = field(default="", compare=False)

    @property
    def size(self) -> int:
        """In bytes, zeros included."""
        return len(self.head) + self.zeros

    def digest(self) -> str:
        """`sha256:…` of the whole content."""
        return self.known or computed_digest(self)

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to, not including, `end`, in pieces of at most 1 MiB."""
        for at in range(start, min(end, len(self.head)), CHUNK):
            yield self.head[at : min(at + CHUNK, end)]
        left = min(end, self.size) - max(start, len(self.head))
        while left > 0:
            yield bytes(min(left, CHUNK))
            left -= CHUNK

    def content(self) -> bytes:
        """Everything at once; for manifests and configs."""
        return self.head + bytes(self.zeros)


@lru_cache(maxsize=512)
def computed_digest(blob: Blob) -> str:
    """By reading it all."""
    running = hashlib.sha256()
    for piece in blob.read(0, blob.size):
        running.update(piece)
    return f"sha256:{running.hexdigest()}"
