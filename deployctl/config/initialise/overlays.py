"""Finding a tree's overlays and building them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path

from deployctl.config.initialise.facts import OverlayFacts
from deployctl.model.errors import Refused
from deployctl.model.kustomization import KUSTOMIZATION_NAMES
from deployctl.overlay.entries import Kustomization, pair, parse, read_entries, text_of
from deployctl.overlay.tree import Scalar, Seq, resolved
from deployctl.ports import Rendered, Renderer

_SHARED = frozenset(("base", "bases", "common", "shared", "components", "component"))
_OUTSIDE = "--load-restrictor=LoadRestrictionsNone"
_HELM = "--enable-helm"


def read_overlays(root: Path, texts: Mapping[str, str], renderer: Renderer | None) -> tuple[OverlayFacts, ...]:
    """Kustomizations that no other one builds on, and that are not plainly meant to be built on; sorted by path."""
    files = {posixpath.dirname(path): path for path in texts if posixpath.basename(path) in KUSTOMIZATION_NAMES}
    parsed = {folder: k for folder, path in files.items() if (k := _parsed(texts[path], path)) is not None}
    used = {below for folder, k in parsed.items() for below in _references(k, folder)}
    free = [f for f, k in parsed.items() if f not in used and text_of(k.root, "kind") != "Component"]
    own = [folder for folder in free if posixpath.basename(folder) not in _SHARED] or free
    return tuple(_overlay(root, folder, parsed[folder], renderer) for folder in sorted(own))


def _parsed(text: str, path: str) -> Kustomization | None:
    try:
        return parse(text, path)
    except Refused:
        return None


def _references(file: Kustomization, folder: str) -> Iterator[str]:
    for key in ("resources", "bases", "components"):
        found = pair(file.root, key)
        listed = resolved(found[1]) if found else None
        for item in listed.items if isinstance(listed, Seq) else ():
            node = resolved(item)
            if isinstance(node, Scalar):
                yield posixpath.normpath(posixpath.join(folder, node.value))


def _overlay(root: Path, folder: str, file: Kustomization, renderer: Renderer | None) -> OverlayFacts:
    entries, namespace = read_entries(file.text, file.path), text_of(file.root, "namespace")
    if renderer is None:
        return OverlayFacts(folder, namespace, entries, failure="there is no kubectl to build it")
    failure = ""
    for flags in _ways(file):
        try:
            built: Rendered = renderer.render(root / folder, flags, {})
        except Refused as error:
            failure = failure or "; ".join((error.problem.what, *error.problem.evidence))
        else:
            return OverlayFacts(folder, namespace, entries, built.manifests, flags)
    return OverlayFacts(folder, namespace, entries, failure=failure)


def _ways(file: Kustomization) -> Iterator[tuple[str, ...]]:
    """Flags to try, the fewest first."""
    helm = (_HELM,) if pair(file.root, "helmCharts") is not None else ()
    yield helm
    yield (*helm, _OUTSIDE)
