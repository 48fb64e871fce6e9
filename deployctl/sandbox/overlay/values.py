"""What a container's environment would be, from the overlay's own ConfigMaps and Secrets or from those made up."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.overlay.guess import secret_value
from deployctl.sandbox.overlay.needs import namespace_of

Store = Mapping[tuple[str, str, str], Mapping[str, str]]
"""(kind, namespace, name) → texts."""


@dataclass(frozen=True)
class Values:
    """Looks up what a reference would give; a key of something that is not there is guessed."""

    store: Store
    services: Mapping[str, int]

    def environment(self, namespace: str, container: Object) -> Iterator[tuple[str, str]]:
        """Names and values, as far as they can be known."""
        for entry in container.get("envFrom") or []:
            for kind, field in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                if entry.get(field):
                    yield from self.store.get((kind, namespace, str(entry[field].get("name"))), {}).items()
        for entry in container.get("env") or []:
            yield str(entry["name"]), self._value(namespace, entry)

    def _value(self, namespace: str, entry: Object) -> str:
        source = entry.get("valueFrom") or {}
        for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
            reference = source.get(field)
            if reference:
                key = str(reference["key"])
                known = self.store.get((kind, namespace, str(reference["name"])), {})
                return known.get(key) or secret_value(key, self.services)
        return str(entry.get("value") or "")


def values_of(objects: Iterable[Object], services: Mapping[str, int]) -> Values:
    """Of everything that the overlay brings."""
    store: dict[tuple[str, str, str], dict[str, str]] = {}
    for body in objects:
        if body.get("kind") in {"ConfigMap", "Secret"}:
            store[str(body["kind"]), namespace_of(body), str(body["metadata"]["name"])] = _texts(body)
    return Values(store, services)


def _texts(body: Object) -> dict[str, str]:
    data = {str(key): str(value) for key, value in (body.get("data") or {}).items()}
    if body["kind"] == "Secret":
        data = {key: _decoded(value) for key, value in data.items()}
    return {**data, **{str(key): str(value) for key, value in (body.get("stringData") or {}).items()}}


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text).decode()
    except ValueError:
        return ""
