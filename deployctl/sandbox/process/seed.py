"""Putting objects into the cluster as `kubectl apply` leaves them: created, with the last-applied annotation."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from deployctl.sandbox.api.cluster import Cluster
from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.contracts import Object

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
MANAGER = "kubectl-client-side-apply"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where it is there: seeds count in the time that a sandbox takes to come up."""
FIRST = ("Namespace", "CustomResourceDefinition", "ServiceAccount", "Secret", "ConfigMap")


class NoSuchKind(LookupError):
    """The API server serves no such kind."""


def read_documents(text: str) -> list[Object]:
    """Every object in a YAML stream, lists taken apart. Raises yaml.YAMLError."""
    found: list[Object] = []
    for document in yaml.load_all(text, Loader=LOADER):  # both loaders are safe ones
        if isinstance(document, dict):
            items = document.get("items") if str(document.get("kind", "")).endswith("List") else None
            found.extend(items if isinstance(items, list) else [document])
    return found


def read_files(paths: Iterable[str]) -> list[Object]:
    """The objects of YAML files, and of all YAML files in folders."""
    found: list[Object] = []
    for path in map(Path, paths):
        files: Sequence[Path] = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        for file in files:
            found.extend(read_documents(file.read_text(encoding="utf-8")))
    return found


def ordered(objects: Iterable[Object]) -> list[Object]:
    """Namespaces and definitions first, what pods refer to before the pods."""
    return sorted(objects, key=lambda o: FIRST.index(o["kind"]) if o.get("kind") in FIRST else len(FIRST))


def apply_all(cluster: Cluster, objects: Iterable[Object]) -> list[str]:
    """Create what is not there yet; one line for each object that the API server refused."""
    problems = []
    for body in ordered(objects):
        try:
            apply(cluster, body)
        except (ApiError, NoSuchKind) as error:
            problems.append(f"{title(body)}: {error}")
    return problems


def apply(cluster: Cluster, body: Object) -> None:
    """Create one object, or leave the one that is there. Raises ApiError, NoSuchKind."""
    kind = cluster.kinds.of(str(body.get("apiVersion")), str(body.get("kind")))
    if kind is None:
        named = f'kind "{body.get("kind")}" in version "{body.get("apiVersion")}"'
        raise NoSuchKind(f"no matches for {named}; it can be defined with --create-kinds")
    annotated = with_last_applied(body)
    namespace = annotated["metadata"].setdefault("namespace", "default") if kind.namespaced else None
    if cluster.get(kind.resource, namespace, annotated["metadata"]["name"]) is None:
        cluster.create(kind.resource, annotated, manager=MANAGER)


def with_last_applied(body: Object) -> Object:
    """A copy that carries what kubectl would remember of it."""
    annotated = copy.deepcopy(body)
    metadata: dict[str, Any] = annotated.setdefault("metadata", {})
    remembered = copy.deepcopy(annotated)
    remembered["metadata"].setdefault("annotations", {}).pop(LAST_APPLIED, None)
    text = json.dumps(remembered, separators=(",", ":"), sort_keys=True) + "\n"
    metadata.setdefault("annotations", {})[LAST_APPLIED] = text
    return annotated


def title(body: Object) -> str:
    """`Kind namespace/name`, for messages."""
    metadata = body.get("metadata") or {}
    where = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{body.get('kind')} {where}{metadata.get('name')}"
