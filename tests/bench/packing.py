"""Packing a build context, against the way of `az acr build`: Python's tarfile, then gzip level 9."""

from __future__ import annotations

import gzip
import json
import keyword
import os
import random
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.paired import paired

FILES, BYTES = 20_000, 300_000_000
ROOT = Path(__file__).resolve().parents[2]
WORDS = tuple(keyword.kwlist)
NAMES = tuple(name for name in dir(str) if not name.startswith("_"))


def plant(root: Path, files: int = FILES, size: int = BYTES, seed: int = 1) -> None:
    """A tree like a web application's with its packages: four fifths of the bytes are source text and source maps in
    small files, a fifth is what does not compress (pictures, wheels, fonts) in large ones."""
    chance = random.Random(seed)
    (root / "Dockerfile").parent.mkdir(parents=True, exist_ok=True)
    (root / "Dockerfile").write_text("FROM node:22\nCOPY . /srv\n")
    binaries = files // 200
    lines = tuple(_lines(chance, 40_000))
    for number in range(binaries):
        _put(root, f"assets/{number % 20}/picture{number}.webp", chance.randbytes(size // 5 // binaries))
    texts = files - binaries
    for number in range(texts):
        length = int(size * 4 / 5 / texts * chance.uniform(0.2, 1.8))
        package = f"node_modules/package-{number // 40}/lib/{number % 7}"
        _put(root, f"{package}/module{number}.js", _text(chance, lines, length))


def _lines(chance: random.Random, count: int) -> Iterator[str]:
    """Identifiers make the difference to plain words: most are rare."""
    for _ in range(count):
        words = chance.choices(WORDS, k=chance.randint(1, 6))
        rare = (f"{chance.choice(NAMES)}{chance.choice('ABCDE')}{chance.randint(0, 999)}" for _ in range(3))
        yield "  " * chance.randint(0, 4) + " ".join((*words, *rare)) + chance.choice((";", " {", ");", ",", ""))


def _text(chance: random.Random, lines: tuple[str, ...], length: int) -> bytes:
    found: list[str] = []
    left = length
    while left > 0:
        found.append(chance.choice(lines))
        left -= len(found[-1]) + 1
    return "\n".join(found).encode()


def _put(root: Path, name: str, content: bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def as_az_does(root: Path, target: Path) -> None:
    """One thread, tarfile into gzip at its default level 9, real owners and times, in the order of the folders."""
    with gzip.open(target, "wb", compresslevel=9) as zipped, tarfile.open(fileobj=zipped, mode="w|") as tar:
        for path in root.iterdir():
            tar.add(path, path.name)


OURS = """
import json, resource, sys
from pathlib import Path
from deployctl.adapters.context.gzip_blocks import Sums, gzip_stream
from deployctl.adapters.context.packing import Packing
from deployctl.adapters.context.selection import select
root, target = Path(sys.argv[1]), Path(sys.argv[2])
packing = Packing(select(root, root / "Dockerfile"))
with target.open("wb") as file:
    for piece in gzip_stream(packing.pieces(), Sums()):
        file.write(piece)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"digest": packing.digest, "peak": peak}))
"""
THEIRS = """
import sys
from pathlib import Path
from bench.packing import as_az_does
as_az_does(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def run(program: str, root: Path, target: Path) -> str:
    """In a process of its own, so that the peak of its memory is its own."""
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(root), str(target)], env=environ, check=True, capture_output=True, text=True
    )
    return done.stdout


def packing(pairs: int = 3) -> str:
    """What is claimed, measured: the figures as one line each."""
    with tempfile.TemporaryDirectory(prefix="deployctl-bench-") as name:
        folder = Path(name)
        root, ours, theirs = folder / "tree", folder / "ours.tar.gz", folder / "theirs.tar.gz"
        plant(root)
        ratio = paired(lambda: run(THEIRS, root, theirs), lambda: run(OURS, root, ours), pairs=pairs, warm_up=0)
        told = json.loads(run(OURS, root, ours))
        first, size = ours.read_bytes(), ours.stat().st_size / theirs.stat().st_size
        (folder / "elsewhere").mkdir()
        root = root.rename(folder / "elsewhere" / "tree")
        for path in root.rglob("*"):
            os.utime(path, (1e9, 1e9))
            if os.geteuid() == 0:
                os.chown(path, 12345, 12345)
        again = json.loads(run(OURS, root, ours))
        same = ours.read_bytes() == first and again["digest"] == told["digest"]
    return "\n".join(
        (
            f"packing {FILES} files, {BYTES / 1e6:.0f} MB: az's way / deployctl: {ratio}",
            f"peak memory: {told['peak'] / 1e6:.0f} MB",
            f"size: {(size - 1) * 100:+.1f} % of az's",
            f"the same bytes from another folder, user and time: {'yes' if same else 'NO'}",
        )
    )
