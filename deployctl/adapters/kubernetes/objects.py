"""Writing single objects: apply, patch, delete. What the API server refuses is a ClusterRejected."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from deployctl.adapters.kubernetes import paths
from deployctl.adapters.kubernetes.connection import Answer, Connection, Request
from deployctl.model.json import Json, mapping
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.server_side import Patch
from deployctl.ports import Kind

Query = tuple[tuple[str, str], ...]
DRY_RUN: Query = (("dryRun", "All"),)


@dataclass(frozen=True)
class Placed:
    """A manifest with its kind, and the namespace that the kind's scope gives it."""

    kind: Kind
    manifest: Manifest

    @property
    def ref(self) -> ObjectRef:
        return self.manifest.ref

    @property
    def path(self) -> str:
        return paths.item(self.kind, self.ref.namespace, self.ref.name)


def place(manifest: Manifest, kind: Kind, namespace: str) -> Placed:
    """Put a manifest where its kind's scope says, and take out what may not be applied.

    A Secret's `stringData` is written as `data`: the API server keeps it only there, so that applying `stringData`
    owns no field that is left, and a key taken out of it later would stay.
    """
    ref = paths.placed(manifest.ref, kind, namespace)
    metadata = {k: v for k, v in manifest.body.get("metadata", {}).items() if k not in ("namespace", "managedFields")}
    if ref.namespace:
        metadata["namespace"] = ref.namespace
    body = _encoded(manifest.body) if manifest.is_secret else manifest.body
    return Placed(kind, Manifest(ref, {**body, "metadata": metadata}))


def _encoded(secret: Json) -> Json:
    plain = {k: base64.b64encode(str(v).encode()).decode() for k, v in mapping(secret, "stringData").items()}
    kept = {k: v for k, v in secret.items() if k != "stringData"}
    return {**kept, "data": {**mapping(secret, "data"), **plain}} if plain else kept


def get(connection: Connection, one: Placed) -> Answer:
    return connection.send(Request("GET", one.path))


def apply(connection: Connection, one: Placed, manager: str, query: Query = (), body: Json | None = None) -> Answer:
    """Server-side apply with force; safe to send again, for it says how things shall be."""
    options = (("fieldManager", manager), ("force", "true"), ("fieldValidation", "Strict"), *query)
    content = "application/apply-patch+yaml"
    wanted = one.manifest.body if body is None else body
    return connection.send(Request("PATCH", one.path, options, wanted, content, repeatable=True))


def patch(connection: Connection, one: Placed, operations: Patch, manager: str, query: Query = ()) -> Answer:
    """A JSON patch; safe to send again when it replaces resourceVersion or is a dry run."""
    options = (("fieldManager", manager), *query)
    content = "application/json-patch+json"
    return connection.send(Request("PATCH", one.path, options, operations, content, repeatable=True))


def delete(connection: Connection, one: Placed, uid: str) -> Answer:
    """Delete exactly this object, its dependents first."""
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground"}
    body = {**options, "preconditions": {"uid": uid}}
    return connection.send(Request("DELETE", one.path, body=body, repeatable=True))
