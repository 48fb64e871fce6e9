"""Kubernetes objects as they are rendered, sent and read back: a name and a body."""

from __future__ import annotations

from dataclasses import dataclass, field

from deployctl.model.json import Json, mapping, text


@dataclass(frozen=True, order=True)
class ObjectRef:
    """Which object: api version, kind, namespace (empty: cluster-scoped) and name."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]

    def __str__(self) -> str:
        """As a person reads it; the group only where the kind is not one everybody knows."""
        return f"{self.kind.lower()}/{self.name}"


@dataclass(frozen=True)
class Manifest:
    """One object. `body` never appears in a repr: it may be a Secret."""

    ref: ObjectRef
    body: Json = field(repr=False)

    @property
    def uid(self) -> str:
        return text(self.body, "metadata", "uid")

    @property
    def resource_version(self) -> str:
        return text(self.body, "metadata", "resourceVersion")

    @property
    def annotations(self) -> Json:
        return mapping(self.body, "metadata", "annotations")

    @property
    def is_secret(self) -> bool:
        return self.ref.kind == "Secret" and self.ref.api_version == "v1"


def manifest(body: Json) -> Manifest:
    """Name an object by what it says of itself; the adapter corrects the namespace by the kind's real scope."""
    metadata = mapping(body, "metadata")
    ref = ObjectRef(text(body, "apiVersion"), text(body, "kind"), text(metadata, "namespace"), text(metadata, "name"))
    return Manifest(ref, body)
