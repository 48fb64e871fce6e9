"""Layers that make images as large as they claim: powers of two, shared by all images, their digests known before."""

from __future__ import annotations

import hashlib
import tarfile

from deployctl.sandbox.registry.blob import Blob

MIB = 1 << 20
LARGEST = 256
DIGESTS = {
    1: "sha256:ceee34e3311ac64838ed84221c98cb3b285a5220e6d4546edee2325715831ee5",
    2: "sha256:a995bd4988b795d2552af98dccbfb1c8b36040c7d74b9b1a02e530aad8a87b12",
    4: "sha256:7d25b34f73b864789d838c592f3d7e1eee9cb4033df60286b69468f284f6c601",
    8: "sha256:dc77a27ca33b3f0b11573efbfa2d3a02f71de90198629bac57e53647abfcc516",
    16: "sha256:20e50ff4428234ff0a8b8268748c975eac0077ea7aa765158ef7245e8012f51b",
    32: "sha256:ae2b858138f92f0e4e229d3413ac30db84945659b5ee29a81d3d5aca52948546",
    64: "sha256:a1611267c210b7e7880957549a1d45abd1875f8f89943ae37d8b11d0463bbf94",
    128: "sha256:0cefb8a22823d23bf13345dbb3c762f3576ea8c00bc5c91b4bc9e39ed15eaafd",
    256: "sha256:fce94c7fdc4c8e13028546a712e8d36bae0903ac3dc90c3fba892b268975c78e",
}
"""Of `_piece(size, 0)` by size in MiB; a test computes them again."""


def ballast(mebibytes: int) -> list[Blob]:
    """Layers of that size together, to the byte."""
    whole, rest = divmod(mebibytes, LARGEST)
    large = [_piece(LARGEST, number) for number in range(whole)]
    return large + [_piece(1 << bit, 0) for bit in reversed(range(LARGEST.bit_length())) if rest & (1 << bit)]


def _piece(mebibytes: int, number: int) -> Blob:
    known = DIGESTS.get(mebibytes, "") if number == 0 else ""
    made = layer(f"{mebibytes} MiB, {number}", mebibytes * MIB)
    return Blob(made.head, made.zeros, known)


def layer(name: str, size: int) -> Blob:
    """A valid tar archive of one file of zeros: `size` bytes, or what an empty one takes."""
    header = tarfile.TarInfo(f"ballast/{hashlib.sha256(name.encode()).hexdigest()[:16]}")
    blocks = max(size // 512 - 3, 0)
    header.size = blocks * 512
    return Blob(header.tobuf(tarfile.GNU_FORMAT), header.size + 1024)
