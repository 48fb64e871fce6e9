"""What kustomize prints, as objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from deployctl.model.errors import Refused
from deployctl.model.manifest import Manifest, manifest


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # which base there is depends on libyaml
    """YAML as kustomize writes it: a date is text there, for JSON has none."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_documents(text: str, where: str) -> tuple[Manifest, ...]:
    """Every object, Lists taken apart. Raises Refused for what is no Kubernetes object."""
    try:
        documents = tuple(yaml.load_all(text, Loader=_Loader))
    except yaml.YAMLError as error:
        raise Refused("kustomize printed something that is not YAML", where=where, evidence=(str(error),)) from error
    return tuple(_checked(body, where) for document in documents if document for body in _objects(document))


def _objects(document: Any) -> Iterator[Any]:
    if isinstance(document, Mapping) and str(document.get("kind", "")).endswith("List") and "items" in document:
        for item in document["items"] or ():
            yield from _objects(item)
    else:
        yield document


def _checked(body: Any, where: str) -> Manifest:
    found = manifest(body) if isinstance(body, Mapping) else None
    if found is None or not (found.ref.api_version and found.ref.kind and found.ref.name):
        raise Refused(
            "the overlay renders something that is no Kubernetes object with apiVersion, kind and name",
            where=where,
            action="look at it: kubectl kustomize",
        )
    return found
