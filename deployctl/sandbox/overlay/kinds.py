"""Defining kinds that an overlay uses and the cluster does not know, without their schemas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deployctl.sandbox.api.cluster import Cluster
from deployctl.sandbox.contracts import Object

CLUSTER_SCOPED = ("Cluster",)
"""Kinds whose name starts so are taken to belong to no namespace."""


def unknown(cluster: Cluster, objects: Iterable[Object]) -> list[tuple[str, str]]:
    """(apiVersion, kind) that are not served, each once."""
    pairs = dict.fromkeys((str(o.get("apiVersion")), str(o.get("kind"))) for o in objects)
    return [pair for pair in pairs if cluster.kinds.of(*pair) is None]


def definition(api_version: str, kind: str, *, namespaced: bool) -> Object:
    """A CustomResourceDefinition that takes any fields."""
    group, _, version = api_version.partition("/")
    plural = _plural(kind.lower())
    open_object: dict[str, Any] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced" if namespaced else "Cluster",
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": {**open_object}},
                }
            ],
        },
    }


def definitions(pairs: Iterable[tuple[str, str]]) -> list[Object]:
    """For each pair; a core kind cannot be defined and is left out."""
    return [
        definition(version, kind, namespaced=not kind.startswith(CLUSTER_SCOPED))
        for version, kind in pairs
        if "/" in version
    ]


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch", "sh")) else f"{word}s"
