"""The contexts of the user's kubeconfigs: names, servers and namespaces, and never a credential."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from deployctl.config.initialise.facts import ContextFacts
from deployctl.model.json import items, mapping, text

_LARGE = 1_000_000


def read_contexts(environ: Mapping[str, str]) -> tuple[ContextFacts, ...]:
    """Those of $KUBECONFIG or ~/.kube/config, and of the other files in ~/.kube; what cannot be read is passed over."""
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    listed = [Path(p) for p in environ.get("KUBECONFIG", "").split(os.pathsep) if p]
    usual = listed or [home / ".kube/config"]
    folder = home / ".kube"
    others = sorted(p for p in folder.iterdir() if p.is_file() and p not in usual) if folder.is_dir() else []
    own = [context for path in usual for context in _contexts(path, "")]
    return (*own, *(c for path in others for c in _contexts(path, f"~/{path.relative_to(home).as_posix()}")))


def _contexts(path: Path, shown: str) -> Iterator[ContextFacts]:
    try:
        document = yaml.safe_load(path.read_text()) if path.stat().st_size < _LARGE else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        return
    servers = {text(c, "name"): text(c, "cluster", "server") for c in items(document, "clusters")}
    for entry in items(document, "contexts"):
        context = mapping(entry, "context")
        server = servers.get(text(context, "cluster"), "")
        if server:
            yield ContextFacts(text(entry, "name"), server, text(context, "namespace"), shown)
