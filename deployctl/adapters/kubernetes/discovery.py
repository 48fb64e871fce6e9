"""Which kinds the API server serves, by aggregated discovery: two GETs for everything."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from deployctl.adapters.kubernetes.connection import Connection, Request
from deployctl.adapters.kubernetes.failures import server_error
from deployctl.adapters.side_by_side import side_by_side
from deployctl.model.json import Json, items, text
from deployctl.ports import Kind

ACCEPT = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")
)
"""Plain JSON comes last: servers before 1.26 know nothing better."""

Kinds = Mapping[tuple[str, str], Kind]


def discover(connection: Connection) -> Kinds:
    """(apiVersion, kind) -> Kind for all that is served. Raises Unavailable."""
    core, groups = side_by_side(lambda path: _read(connection, path), ("/api", "/apis"))
    found = [*kinds_of(core), *kinds_of(groups)]
    if core.get("kind") != "APIGroupDiscoveryList":
        found = _one_by_one(connection, core, groups)
    return MappingProxyType({(kind.api_version, kind.kind): kind for kind in found})


def kinds_of(discovery: Json) -> tuple[Kind, ...]:
    """The kinds of an APIGroupDiscoveryList; subresources left out."""
    return tuple(
        Kind(
            api_version=_api_version(text(group, "metadata", "name"), text(version, "version")),
            kind=text(resource, "responseKind", "kind"),
            plural=text(resource, "resource"),
            namespaced=text(resource, "scope") == "Namespaced",
        )
        for group in items(discovery, "items")
        for version in items(group, "versions")
        for resource in items(version, "resources")
        if text(resource, "responseKind", "kind")
    )


def _one_by_one(connection: Connection, core: Json, groups: Json) -> list[Kind]:
    """Discovery as servers before 1.26 have it: a GET for every group version."""
    listed = core.get("versions")
    versions = [str(v) for v in listed] if isinstance(listed, list) else []
    paths = [f"/api/{v}" for v in versions]
    paths += [f"/apis/{text(v, 'groupVersion')}" for g in items(groups, "groups") for v in items(g, "versions")]
    answers = side_by_side(lambda path: _read(connection, path), paths)
    return [
        Kind(text(answer, "groupVersion"), text(r, "kind"), text(r, "name"), r.get("namespaced") is True)
        for answer in answers
        for r in items(answer, "resources")
        if "/" not in text(r, "name")
    ]


def _read(connection: Connection, path: str) -> Json:
    answer = connection.send(Request("GET", path, accept=f"{ACCEPT},application/json"))
    if not answer.ok:
        raise server_error(connection.context, "GET", path, answer.status, answer.json())
    return answer.json()


def _api_version(group: str, version: str) -> str:
    return f"{group}/{version}" if group else version
