"""Tables: what `kubectl get` prints is decided by the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster


def table(
    cluster: Cluster, kind: Kind, objects: Sequence[Object], metadata: Object, query: Mapping[str, str]
) -> dict[str, Any]:
    """A meta.k8s.io/v1 Table of these objects."""
    columns = [{"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}]
    rows = [
        {
            "cells": [obj["metadata"]["name"]],
            "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]},
        }
        for obj in objects
    ]
    head = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
    return {**head, "columnDefinitions": columns, "rows": rows}
