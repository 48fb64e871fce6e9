"""From a request's meaning to its handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from deployctl.sandbox.api import metrics
from deployctl.sandbox.api.auth import reviews
from deployctl.sandbox.api.errors import ApiError, method_not_allowed, no_such_path
from deployctl.sandbox.api.http import options, read, render, write
from deployctl.sandbox.api.http.call import Answered, Call, Reply
from deployctl.sandbox.api.http.codec import decoded
from deployctl.sandbox.api.patch_request import asked as asked_patch
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.subresources import binding, eviction, logs, node_stats, proxy, scale, tokens

if TYPE_CHECKING:
    from deployctl.sandbox.api.server import ApiServer

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
_DEPRECATED = {
    "endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    "componentstatuses": "v1 ComponentStatus is deprecated in v1.19+",
}
_WRITTEN_LIKE_OBJECTS = {"status", "resize", "ephemeralcontainers", "approval", "finalize"}
_ENTERED = {"exec", "attach", "portforward"}


async def dispatch(server: ApiServer, call: Call) -> Answered:
    """Answer a request about a resource. Raises ApiError, 404 for one that is not served."""
    info = call.info
    kind = server.cluster.kinds.find(info.group, info.version, info.resource)
    if kind is None and info.group and not server.cluster.kinds.has_group(info.group):
        return Reply(404, b"404 page not found\n", "text/plain; charset=utf-8")
    if kind is None or (info.namespace and not kind.namespaced and info.resource != "namespaces"):
        raise no_such_path()
    answered = await _answer(server, kind, call)
    notice = _DEPRECATED.get(kind.resource)
    if notice and isinstance(answered, Reply):
        return replace(answered, warnings=(notice, *answered.warnings))
    return answered


async def _answer(server: ApiServer, kind: Kind, call: Call) -> Answered:
    info = call.info
    if info.subresource:
        return await _subresource(server, kind, call)
    special = _special(server, kind, call)
    if special is not None:
        return special
    if info.verb not in kind.verbs or info.verb not in _VERBS:
        raise method_not_allowed()
    if kind.namespaced and not info.namespace and info.verb not in {"list", "watch"}:
        raise no_such_path() if info.name else method_not_allowed()
    if (info.verb == "create") == bool(info.name) and info.verb in {"create", "update", "patch"}:
        raise method_not_allowed()
    return _VERBS[info.verb](server.cluster, kind, call)


def _special(server: ApiServer, kind: Kind, call: Call) -> Answered | None:
    """Resources that are no stored objects."""
    verb = call.info.verb
    if kind.kind in reviews.KINDS and verb == "create":
        return reviews.review(server, kind, call)
    if kind.group == metrics.GROUP and verb in {"get", "list"} and server.metrics is not None:
        return metrics.serve(server.cluster, kind, call, server.metrics)
    if kind.resource == "bindings" and verb == "create":
        return binding.create(server.cluster, server.cluster.kind("pods"), call)
    return None


async def _subresource(server: ApiServer, kind: Kind, call: Call) -> Answered:
    info = call.info
    if info.subresource not in kind.subresources:
        raise no_such_path()
    if info.subresource == "proxy" and server.applications is not None and kind.resource != "nodes":
        return await proxy.forward(server.cluster, kind, call, server.applications)
    if info.subresource == "proxy" and server.node_stats is not None and info.rest == node_stats.PATH:
        return node_stats.answer(kind, info.name, server.node_stats)
    if info.subresource in _ENTERED or info.subresource == "proxy":
        text = f"{info.subresource} is not simulated"
        raise ApiError(501, "NotImplemented", text)
    verbs = next((r.verbs for r in kind.responses if r.name == info.subresource), ())
    if info.verb not in verbs:
        raise method_not_allowed()
    return _below(server, kind, call)


def _below(server: ApiServer, kind: Kind, call: Call) -> Answered:
    cluster, name = server.cluster, call.info.subresource
    if name in _WRITTEN_LIKE_OBJECTS:
        return _VERBS[call.info.verb](cluster, kind, call)
    if name == "scale":
        return _scale(server, kind, call)
    if name == "log":
        return logs.log(cluster, kind, call, server.pod_logs)
    created: dict[str, _Plain] = {"eviction": eviction.evict, "binding": binding.create, "token": tokens.create}
    return created[name](cluster, kind, call)


def _scale(server: ApiServer, kind: Kind, call: Call) -> Reply:
    cluster, info = server.cluster, call.info
    if info.verb == "get":
        made = scale.read(cluster, kind, info.namespace, info.name)
    elif info.verb == "update":
        made = scale.replace(cluster, kind, info.namespace, info.name, decoded(call), options.writer(call))
    else:
        made = scale.patch(cluster, kind, asked_patch(kind, call), options.writer(call))
    return render.scale(cluster, made, call)
