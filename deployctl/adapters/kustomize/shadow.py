"""A tree that looks like the user's but for edited files, without touching the user's.

kustomize reads folders, and its references are relative (`../../base`), so edited text has to lie in a folder with
the same neighbours. The shadow is a temporary folder that stands for the root of the file system: the folders of the
edited files, of every kustomization that the overlay leads to, and all above them are real folders in it; all else is
a link to the original. kustomize resolves links of folders, so that a kustomization behind one would look for its
neighbours in the original tree and miss the edits; that is why these are real. Files beside a kustomization are
copied, for the load restrictor refuses a file whose link leads out of the folder.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deployctl.adapters.kustomize.references import kustomizations_of

COPIED = 32 * 1024 * 1024
"""Bytes; a longer file beside a kustomization is linked: no object is that large."""


@contextmanager
def shadow(overlay: Path, edits: Mapping[Path, str]) -> Iterator[Path]:
    """The folder of a shadow tree that stands for `/`; gone afterwards. Paths are absolute."""
    wanted = {path.resolve(): text for path, text in edits.items()}
    folders = {*kustomizations_of(overlay.resolve(), wanted), *(path.parent for path in wanted)}
    real = {parent for folder in folders for parent in (folder, *folder.parents)}
    with tempfile.TemporaryDirectory(prefix="deployctl-") as name:
        root = Path(name).resolve()
        for folder in sorted(real):
            _mirror(folder, root, real, folders, wanted)
        yield root


def inside(root: Path, path: Path) -> Path:
    """Where a path of the real tree lies in the shadow."""
    resolved = path.resolve()
    return root / resolved.relative_to(resolved.anchor)


def _mirror(folder: Path, root: Path, real: set[Path], copied: set[Path], edits: Mapping[Path, str]) -> None:
    place = inside(root, folder)
    place.mkdir(exist_ok=True)
    for entry in _entries(folder):
        if entry in edits:
            (place / entry.name).write_bytes(edits[entry].encode())
        elif entry not in real:
            _stand_in(entry, place / entry.name, root, real, copy=folder in copied)
    for missing in (path for path in edits if path.parent == folder and not path.exists()):
        (place / missing.name).write_bytes(edits[missing].encode())


def _stand_in(entry: Path, place: Path, root: Path, real: set[Path], *, copy: bool) -> None:
    """A relative link stays as it is, for its target has a place in the shadow too; so has what an absolute one means
    when that is edited."""
    target = entry.resolve() if entry.is_symlink() else entry
    if entry.is_symlink() and not entry.readlink().is_absolute():
        place.symlink_to(entry.readlink())
    elif target in real or (target.parent in real and target != entry):
        place.symlink_to(inside(root, target))
    elif copy and entry.is_file() and entry.stat().st_size <= COPIED:
        shutil.copyfile(entry, place)
    else:
        place.symlink_to(entry)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # a folder above the tree that may be passed but not listed
        return []
