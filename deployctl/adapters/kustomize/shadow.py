"""A shadow of the user's tree, in which some files have another text while the tree itself stays untouched.

kustomize reads files, resolves `../../base` against the real path of a folder, and refuses files whose real path lies
outside the folder that names them. So the folders on the way to an edited file are real folders here, the files beside
it are copies (a link would lead outside), and all other entries are links into the tree: whatever is reached through
them is read in its real place, with its real neighbours.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def shadow_tree(root: Path, edits: Mapping[Path, str]) -> Iterator[Path]:
    """The root of the shadow; it goes when the context ends. Edited paths are absolute, and below `root`."""
    with tempfile.TemporaryDirectory(prefix="deployctl-render-") as name:
        shadow = Path(name).resolve() / "tree"
        edited = {path.relative_to(root): text for path, text in edits.items()}
        _fill(root, shadow, edited)
        yield shadow


def _fill(real: Path, shadow: Path, edits: Mapping[Path, str]) -> None:
    """One folder: real where edits lie below it, with copies beside an edited file."""
    shadow.mkdir()
    below = _by_first_part(edits)
    copies = any(len(path.parts) == 1 for path in edits)
    for entry in real.iterdir():
        place = shadow / entry.name
        inner = below.get(entry.name)
        if inner is not None and Path() in inner:
            place.write_bytes(inner[Path()].encode())
        elif inner is not None:
            _fill(entry, place, inner)
        elif copies and entry.is_file():
            shutil.copyfile(entry, place)
        else:
            place.symlink_to(entry.resolve())


def _by_first_part(edits: Mapping[Path, str]) -> dict[str, dict[Path, str]]:
    """First folder or file name -> the edits below it; an edited file itself is at the empty path."""
    grouped: dict[str, dict[Path, str]] = {}
    for path, text in edits.items():
        grouped.setdefault(path.parts[0], {})[Path(*path.parts[1:])] = text
    return grouped
