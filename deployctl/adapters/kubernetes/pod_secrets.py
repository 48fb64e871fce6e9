"""The values that a pod got from Secrets: what its logs must not show. They never leave the adapter."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.adapters.kubernetes import paths
from deployctl.adapters.kubernetes.connection import Connection, Request
from deployctl.adapters.kubernetes.masking import SHORTEST, secret_values
from deployctl.adapters.side_by_side import side_by_side
from deployctl.model.errors import Unavailable
from deployctl.model.json import Json, mapping
from deployctl.model.manifest import manifest


def values_in(connection: Connection, namespace: str, pod: str) -> frozenset[str]:
    """Every value of every Secret that the pod names, as far as they may be read; a value of several lines also line
    by line. Empty when nothing may be read: then only what looks like a secret is hidden."""
    names = tuple(dict.fromkeys(_secrets(mapping(_read(connection, paths.item(paths.PODS, namespace, pod)), "spec"))))
    bodies = side_by_side(lambda name: _read(connection, paths.item(paths.SECRETS, namespace, name)), names)
    found = secret_values(manifest({**body, "apiVersion": "v1", "kind": "Secret"}) for body in bodies if body)
    lines = (line.strip() for value in found for line in value.splitlines())
    return found | frozenset(line for line in lines if len(line) >= SHORTEST)


def _read(connection: Connection, path: str) -> Json:
    try:
        answer = connection.send(Request("GET", path))
    except Unavailable:
        return {}
    return answer.json() if answer.ok else {}


def _secrets(value: object) -> Iterator[str]:
    """Names under secretKeyRef, secretRef and volumes' secret, optional ones too, wherever they stand."""
    if isinstance(value, list):
        for one in value:
            yield from _secrets(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key in ("secretKeyRef", "secretRef", "secret") and isinstance(one, dict):
                yield from (str(one[field]) for field in ("secretName", "name") if one.get(field))
            else:
                yield from _secrets(one)
