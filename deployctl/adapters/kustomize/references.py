"""Which kustomizations an overlay leads to: bases, components, and whatever else is a folder with a kustomization."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from deployctl.adapters.kustomize.yaml_text import documents

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def kustomizations_of(overlay: Path, edits: Mapping[Path, str]) -> set[Path]:
    """The overlay's folder and those of all kustomizations behind it, links resolved.

    What cannot be read leads nowhere: kustomize itself will say what is wrong with it.
    """
    found: set[Path] = set()
    todo = [overlay]
    while todo:
        folder = todo.pop()
        if folder in found:
            continue
        found.add(folder)
        todo += _led_to(folder, edits)
    return found


def _led_to(folder: Path, edits: Mapping[Path, str]) -> list[Path]:
    candidates = (folder / text for text in _strings(_read(folder, edits)) if text and "\n" not in text)
    return [path.resolve() for path in candidates if _has_kustomization(path)]


def _read(folder: Path, edits: Mapping[Path, str]) -> list[Any]:
    for name in NAMES:
        path = folder / name
        try:
            return documents(edits[path] if path in edits else path.read_bytes())
        except (OSError, ValueError, yaml.YAMLError):
            continue
    return []


def _has_kustomization(path: Path) -> bool:
    try:
        return path.is_dir() and any((path / name).is_file() for name in NAMES)
    except (OSError, ValueError):  # too long for a name, or with a null byte: not a path
        return False


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from _strings(child)
