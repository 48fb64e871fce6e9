"""Which of the forms that a client accepts it gets: JSON, YAML, a Table, metadata only, aggregated discovery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deployctl.sandbox.api.errors import not_acceptable

SUPPORTED = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
Form = Literal["", "Table", "PartialObjectMetadata", "PartialObjectMetadataList", "APIGroupDiscoveryList"]
_GROUP_OF: dict[str, tuple[str, ...]] = {
    "Table": ("meta.k8s.io",),
    "PartialObjectMetadata": ("meta.k8s.io",),
    "PartialObjectMetadataList": ("meta.k8s.io",),
    "APIGroupDiscoveryList": ("apidiscovery.k8s.io",),
}
_MEDIA = {"application/json": "application/json", "*/*": "application/json", "application/*": "application/json"}
_YAML = {"application/yaml": "application/yaml"}


@dataclass(frozen=True)
class Rendering:
    """`form` is what the object is turned into first, `version` of that form."""

    media: str = "application/json"
    form: Form = ""
    version: str = ""
    stream: bool = False


def negotiate(header: str) -> Rendering:
    """The first clause that this server can serve. Raises ApiError 406 when there is none."""
    if not header.strip():
        return Rendering()
    for clause in header.split(","):
        media, *parameters = [part.strip() for part in clause.split(";")]
        chosen = _clause(media.lower(), dict(p.split("=", 1) for p in parameters if "=" in p))
        if chosen:
            return chosen
    raise not_acceptable(SUPPORTED)


def _clause(media: str, parameters: dict[str, str]) -> Rendering | None:
    served = {**_MEDIA, **_YAML}.get(media)
    if served is None:
        return None
    form = parameters.get("as", "")
    if not form:
        return Rendering(served, stream=parameters.get("stream") == "watch")
    version = parameters.get("v", "")
    if form not in _GROUP_OF or parameters.get("g") not in _GROUP_OF[form] or not _version_served(form, version):
        return None
    return Rendering(served, form, version)  # type: ignore[arg-type]  # a key of _GROUP_OF


def _version_served(form: str, version: str) -> bool:
    return version == "v2" if form == "APIGroupDiscoveryList" else version in {"v1", "v1beta1"}
