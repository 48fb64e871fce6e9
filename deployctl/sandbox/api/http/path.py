"""What a request's method and path mean: verb, resource, name, as the real server's RequestInfo."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

_VERBS = {"POST": "create", "GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_NAMESPACE_SUBRESOURCES = {"status", "finalize"}


@dataclass(frozen=True)
class RequestInfo:
    """`resource` is empty for a path that is no resource; `rest` is what follows a proxy subresource."""

    verb: str
    path: str
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""

    @property
    def spelling(self) -> str:
        """kubectl's name of the group resource, or empty."""
        return f"{self.resource}.{self.group}" if self.group and self.resource else self.resource


def parse(method: str, path: str, *, watch: bool = False) -> RequestInfo:
    """`path` still percent-encoded."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    plain = unquote(path)
    if parts[0] == "api" and len(parts) >= 3:
        return _resource(method, plain, "", parts[1], parts[2:], watch=watch)
    if parts[0] == "apis" and len(parts) >= 4:
        return _resource(method, plain, parts[1], parts[2], parts[3:], watch=watch)
    return RequestInfo(method.lower(), plain)


def _resource(method: str, path: str, group: str, version: str, parts: list[str], *, watch: bool) -> RequestInfo:
    verb = _VERBS.get(method, method.lower())
    if parts[0] == "watch" and len(parts) > 1:
        parts, watch = parts[1:], True
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 1:
        namespace = parts[1]
        if len(parts) > 2 and parts[2] not in _NAMESPACE_SUBRESOURCES:
            parts = parts[2:]
    resource, name, subresource = [*parts, "", ""][:3]
    rest = "/".join(parts[3:])
    if not name:
        verb = _without_name(verb, watch=watch)
    return RequestInfo(verb, path, group, version, namespace, resource, name, subresource, rest)


def _without_name(verb: str, *, watch: bool) -> str:
    if verb == "get":
        return "watch" if watch else "list"
    return "deletecollection" if verb == "delete" else verb
