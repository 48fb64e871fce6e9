"""From a request's meaning to its handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from deployctl.sandbox.api.errors import method_not_allowed, no_such_path
from deployctl.sandbox.api.http import read, write
from deployctl.sandbox.api.http.call import Answered, Call
from deployctl.sandbox.api.rules import Kind

if TYPE_CHECKING:
    from deployctl.sandbox.api.server import ApiServer

Handler = Callable[["ApiServer", Kind, Call], Awaitable[Answered]]
_Plain = Callable[..., Answered]

_VERBS: dict[str, _Plain] = {
    "get": read.get,
    "list": read.list_objects,
    "watch": read.watch,
    "create": write.create,
    "update": write.update,
    "patch": write.patch,
    "delete": write.delete,
    "deletecollection": write.delete_collection,
}
_STATUS_VERBS = {"get", "update", "patch"}


async def dispatch(server: ApiServer, call: Call) -> Answered:
    """Answer a request about a resource. Raises ApiError, 404 for one that is not served."""
    info = call.info
    kind = server.cluster.kinds.find(info.group, info.version, info.resource)
    if kind is None:
        raise no_such_path()
    if info.subresource:
        return await _subresource(server, kind, call)
    if info.verb not in kind.verbs or info.verb not in _VERBS:
        raise method_not_allowed()
    if kind.namespaced and not info.namespace and info.verb in {"create", "update", "patch", "delete", "get"}:
        raise no_such_path() if info.name else method_not_allowed()
    return _VERBS[info.verb](server.cluster, kind, call)


async def _subresource(server: ApiServer, kind: Kind, call: Call) -> Answered:
    info = call.info
    if info.subresource not in kind.subresources:
        raise no_such_path()
    if info.subresource in {"status", "resize", "ephemeralcontainers", "approval"}:
        if info.verb not in _STATUS_VERBS:
            raise method_not_allowed()
        return _VERBS[info.verb](server.cluster, kind, call)
    raise method_not_allowed()
