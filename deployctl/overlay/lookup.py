"""Which file holds an overlay's `images:` entry."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from deployctl.model.change import FileEdit
from deployctl.model.errors import Refused
from deployctl.model.kustomization import KUSTOMIZATION_NAMES
from deployctl.overlay.bump import Wanted, bump_all
from deployctl.overlay.entries import Kustomization, pair, parse, read_entries
from deployctl.overlay.tree import Scalar, Seq, resolved

Read = Callable[[Path], str | None]
"""A file's text, line endings as they are; None when there is no such file."""

_REFERENCES = ("resources", "components", "bases")


def kustomization_of(folder: Path, read: Read) -> tuple[Path, str]:
    """The kustomization file of a folder, and its text. Raises Refused when there is none, or more than one."""
    found = [(folder / name, text) for name in KUSTOMIZATION_NAMES if (text := read(folder / name)) is not None]
    if len(found) == 1:
        return found[0]
    what = "there is no kustomization.yaml" if not found else "there are several kustomization files"
    names = tuple(path.name for path, _ in found)
    raise Refused(what, where=str(folder), evidence=names, action="keep one of them" if found else "")


def edit_overlay(overlay: Path, root: Path, wanted: Wanted, read: Read) -> FileEdit:
    """The bump of an overlay's own file.

    An entry that stands in a base or component instead is refused, naming that file: others may build on it, and
    what releases one environment must not change another. Raises Refused.
    """
    path, text = kustomization_of(overlay, read)
    shown = _shown(path, root)
    names = {entry.name for entry in read_entries(text, shown)}
    for name, _ in wanted:
        elsewhere = None if name in names else next(_holders(parse(text, shown), overlay, name, read, set()), None)
        if elsewhere is not None:
            raise Refused(
                f"the entry `{name}` is not in the overlay's own `images:`, but in another kustomization's",
                where=shown,
                evidence=(f"{_shown(elsewhere, root)} has it, and other overlays may use that file too",),
                action="move the entry from there into the overlay's kustomization",
            )
    return bump_all(text, wanted, shown)


def _shown(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


def _holders(file: Kustomization, folder: Path, name: str, read: Read, seen: set[Path]) -> Iterator[Path]:
    """Kustomizations below this one with an entry of that name, nearest first; unreadable ones are passed over."""
    for below in _references(file, folder):
        if below in seen:
            continue
        seen.add(below)
        try:
            path, text = kustomization_of(below, read)
            inner = parse(text, str(path))
            if any(entry.name == name for entry in read_entries(text)):
                yield path
        except Refused:
            continue
        yield from _holders(inner, below, name, read, seen)


def _references(file: Kustomization, folder: Path) -> Iterator[Path]:
    """Local folders and files that a kustomization builds on; of a file, its folder cannot have a kustomization."""
    for key in _REFERENCES:
        found = pair(file.root, key)
        listed = resolved(found[1]) if found else None
        for item in listed.items if isinstance(listed, Seq) else ():
            node = resolved(item)
            if isinstance(node, Scalar) and "://" not in node.value and not node.value.startswith("git@"):
                yield Path(os.path.normpath(folder / node.value))
