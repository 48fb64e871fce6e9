"""Which groups, versions and resources are served: aggregated in one document, or classic in many."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from deployctl.sandbox.api.errors import no_such_path
from deployctl.sandbox.api.http.call import Call, Reply
from deployctl.sandbox.api.kinds import Kinds, priority
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import encode

GROUP_ORDER = (
    "", "apiregistration.k8s.io", "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io",
    "autoscaling", "batch", "certificates.k8s.io", "networking.k8s.io", "policy", "rbac.authorization.k8s.io",
    "storage.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", "scheduling.k8s.io",
    "coordination.k8s.io", "node.k8s.io", "discovery.k8s.io", "resource.k8s.io", "flowcontrol.apiserver.k8s.io",
    "storagemigration.k8s.io",
)  # fmt: skip
"""The real server's order of its own groups; others follow by name."""

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def group_versions(kinds: Iterable[Kind]) -> dict[str, list[str]]:
    """Groups in the server's order, each with its versions, preferred first."""
    found: dict[str, set[str]] = {}
    for kind in kinds:
        found.setdefault(kind.group, set()).add(kind.version)
    order = {group: place for place, group in enumerate(GROUP_ORDER)}
    groups = sorted(found, key=lambda group: (order.get(group, len(order)), group))
    return {group: sorted(found[group], key=priority) for group in groups}


class Discovery:
    """Documents made from the catalogue, once for each of its revisions."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._made: dict[tuple[int, str], tuple[bytes, str]] = {}

    def root(self, call: Call, root: str) -> Reply:
        """`/api` or `/apis`."""
        if call.rendering.form != "APIGroupDiscoveryList":
            return Reply.of(_versions(call.headers.get("Host", "")) if root == "api" else self._groups())
        body, tag = self._aggregated(root)
        headers = {"Vary": "Accept", "ETag": tag, "Cache-Control": "public"}
        if call.headers.get("If-None-Match", "") == tag:
            return Reply(304, b"", "", headers)
        return Reply(200, body, AGGREGATED, headers)

    def group(self, name: str) -> Reply:
        """`/apis/{group}`. Raises ApiError 404."""
        groups = group_versions(self._kinds)
        if not name or name not in groups:
            raise no_such_path()
        return Reply.of({"kind": "APIGroup", "apiVersion": "v1", **_group(name, groups[name])})

    def version(self, group: str, version: str) -> Reply:
        """`/api/v1` or `/apis/{group}/{version}`. Raises ApiError 404."""
        kinds = self._served(group, version)
        if not kinds:
            raise no_such_path()
        named = f"{group}/{version}" if group else version
        head = {"kind": "APIResourceList", **({"apiVersion": "v1"} if group else {}), "groupVersion": named}
        return Reply.of({**head, "resources": [row for kind in kinds for row in _classic(kind)]})

    def paths(self) -> list[str]:
        """Of the groups, for `/`."""
        versions = group_versions(self._kinds)
        named = [f"/apis/{g}" for g in versions if g] + [
            f"/apis/{g}/{v}" for g, vs in versions.items() if g for v in vs
        ]
        return ["/api", "/api/v1", "/apis", "/apis/", *sorted(named)]

    def _served(self, group: str, version: str) -> list[Kind]:
        return sorted((k for k in self._kinds if (k.group, k.version) == (group, version)), key=lambda k: k.plural)

    def _aggregated(self, root: str) -> tuple[bytes, str]:
        key = (self._kinds.revision, root)
        if key not in self._made:
            self._made = {k: v for k, v in self._made.items() if k[0] == key[0]}
            body = encode(self._document(root))
            self._made[key] = (body, f'"{hashlib.sha512(body).hexdigest().upper()}"')
        return self._made[key]

    def _document(self, root: str) -> Object:
        groups = {g: v for g, v in group_versions(self._kinds).items() if (g == "") == (root == "api")}
        items = [self._discovered(group, versions) for group, versions in groups.items()]
        return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}

    def _discovered(self, group: str, versions: list[str]) -> Object:
        found = [
            {"version": v, "resources": [_resource(k) for k in self._served(group, v)], "freshness": "Current"}
            for v in versions
        ]
        return {"metadata": {"name": group} if group else {}, "versions": found}

    def _groups(self) -> Object:
        groups = [_group(name, versions) for name, versions in group_versions(self._kinds).items() if name]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def _versions(address: str) -> Object:
    addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}


def _group(name: str, versions: list[str]) -> Object:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def _resource(kind: Kind) -> Object:
    own = {"group": kind.group, "version": kind.version} if kind.custom else {"group": "", "version": ""}
    row: dict[str, Any] = {
        "resource": kind.plural,
        "responseKind": {**own, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
    }
    if kind.short_names:
        row["shortNames"] = list(kind.short_names)
    if kind.categories:
        row["categories"] = list(kind.categories)
    if kind.responses:
        row["subresources"] = [_subresource(kind, sub) for sub in kind.responses]
    return row


def _subresource(kind: Kind, sub: Any) -> Object:
    foreign = kind.custom or (sub.group, sub.version) != (kind.group, kind.version)
    own = {"group": sub.group, "version": sub.version} if foreign else {"group": "", "version": ""}
    return {"subresource": sub.name, "responseKind": {**own, "kind": sub.kind}, "verbs": list(sub.verbs)}


def _classic(kind: Kind) -> list[Object]:
    row: dict[str, Any] = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
    }
    if kind.short_names:
        row["shortNames"] = list(kind.short_names)
    if kind.categories:
        row["categories"] = list(kind.categories)
    if "list" in kind.verbs:
        row["storageVersionHash"] = _version_hash(kind)
    return [row, *(_classic_subresource(kind, sub) for sub in kind.responses)]


def _classic_subresource(kind: Kind, sub: Any) -> Object:
    row: dict[str, Any] = {"name": f"{kind.plural}/{sub.name}", "singularName": "", "namespaced": kind.namespaced}
    if (sub.group, sub.version) != (kind.group, kind.version):
        row |= {"group": sub.group, "version": sub.version}
    return {**row, "kind": sub.kind, "verbs": list(sub.verbs)}


def _version_hash(kind: Kind) -> str:
    named = f"{kind.group}/{kind.version}/{kind.kind}"
    return base64.b64encode(hashlib.sha256(named.encode()).digest()[:8]).decode()
