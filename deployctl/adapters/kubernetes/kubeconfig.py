"""Which cluster, and as whom: the kubeconfig, merged as kubectl merges it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from deployctl.model.errors import Refused, UsageError
from deployctl.model.json import Json, items, mapping, text


@dataclass(frozen=True)
class ClusterSettings:
    """How an environment names its cluster."""

    kubeconfig: Path | None = None
    """None: $KUBECONFIG, which may list several files, or ~/.kube/config."""
    context: str = ""
    """Empty: the current one."""
    api_server: str = ""
    """The only server that is accepted; empty: the context's."""
    namespace: str = "default"
    request_timeout: float = 30.0
    """Seconds without an answer."""


@dataclass(frozen=True)
class Context:
    """One context of the merged kubeconfig: its cluster, its user, and the folders their relative paths start at."""

    name: str
    server: str
    cluster: Json
    cluster_folder: Path
    user_name: str
    user: Json
    user_folder: Path

    def __repr__(self) -> str:
        return f"Context({self.name!r}, {self.server!r}, {self.user_name!r})"


def kubeconfig_paths(settings: ClusterSettings, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The files to merge, first wins, as kubectl does. Raises UsageError when none exists."""
    if settings.kubeconfig is not None:
        named: tuple[Path, ...] = (settings.kubeconfig,)
    elif environ.get("KUBECONFIG"):
        named = tuple(Path(p).expanduser() for p in environ["KUBECONFIG"].split(os.pathsep) if p)
    else:
        named = (Path("~/.kube/config").expanduser(),)
    found = tuple(path for path in named if path.is_file())
    if not found:
        listed = ", ".join(str(path) for path in named)
        raise UsageError(
            f"there is no kubeconfig at {listed}",
            action="set `kubeconfig` of the environment in deployctl.toml, or KUBECONFIG",
        )
    return found


def read_context(settings: ClusterSettings, environ: Mapping[str, str]) -> Context:
    """The context to use. Raises UsageError for what is missing or unreadable, Refused for another API server."""
    paths = kubeconfig_paths(settings, environ)
    files = [(path, _load(path)) for path in paths]
    where = ", ".join(str(path) for path in paths)
    name = settings.context or next((n for _, body in files if (n := text(body, "current-context"))), "")
    if not name:
        raise UsageError(
            "the kubeconfig has no current context", where=where, action="name a `context` in deployctl.toml"
        )
    body, _ = _named(files, "contexts", name, where)
    cluster, cluster_folder = _named(files, "clusters", text(body, "context", "cluster"), where)
    user_name = text(body, "context", "user")
    user, user_folder = _named(files, "users", user_name, where) if user_name else ({}, Path())
    server = text(cluster, "cluster", "server").rstrip("/")
    _check_pinned(settings.api_server, server, name, where)
    return Context(
        name,
        server,
        mapping(cluster, "cluster"),
        cluster_folder,
        user_name,
        mapping(user, "user"),
        user_folder,
    )


def same_server(one: str, other: str) -> bool:
    """Whether two addresses mean the same API server: scheme and host in any case, default ports, trailing slashes."""
    return _normal(one) == _normal(other)


def _normal(url: str) -> tuple[str, str, int, str]:
    parts = urlsplit(url if "://" in url else f"https://{url}")
    try:
        port = parts.port or (80 if parts.scheme == "http" else 443)
    except ValueError:
        port = -1  # no port at all, and no other server's
    return parts.scheme, parts.hostname or "", port, parts.path.rstrip("/")


def _check_pinned(pinned: str, server: str, context: str, where: str) -> None:
    if pinned and not same_server(pinned, server):
        raise Refused(
            f"context {context!r} is another cluster than this environment's",
            where=where,
            evidence=(f"environment: {pinned}", f"kubeconfig:  {server}"),
            action="choose the environment's own kubeconfig or context, or correct `api_server` in deployctl.toml",
        )


def _load(path: Path) -> Json:
    try:
        body: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        # A YAML error quotes the line, which may hold a token; its position is enough.
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        words = (
            "not valid YAML" if isinstance(error, yaml.YAMLError) else (getattr(error, "strerror", "") or "not text")
        )
        raise UsageError(f"the kubeconfig cannot be read: {words}", where=place) from None
    return body if isinstance(body, dict) else {}


def _named(files: list[tuple[Path, Json]], section: str, name: str, where: str) -> tuple[Json, Path]:
    """The first entry of that name over all files, and the folder of its file."""
    for path, body in files:
        for entry in items(body, section):
            if entry.get("name") == name:
                return entry, path.parent
    known = [text(entry, "name") for _, body in files for entry in items(body, section)]
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(known) or 'none'}"
    raise UsageError(f"the kubeconfig has no entry {name!r} under {section}", where=where, action=hint)
