"""POST, PUT, PATCH and DELETE of objects and their status."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deployctl.sandbox.api import deleting, patching, writing
from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.api.http import options, render, strictness
from deployctl.sandbox.api.http.call import Call, Reply
from deployctl.sandbox.api.http.codec import decoded, require_type
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.patch_request import asked
from deployctl.sandbox.api.reading import listing
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.writer import Writer
from deployctl.sandbox.contracts import Object

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_RETURNED_WHEN_GONE = frozenset(
    {"pods", "services", "serviceaccounts", "persistentvolumes", "persistentvolumeclaims", "resourcequotas"}
    | {"replicationcontrollers", "podtemplates", "storageclasses.storage.k8s.io"}
)
"""Kinds whose DELETE answers with the object itself, not a Status, when it is gone at once."""


def create(cluster: Cluster, kind: Kind, call: Call) -> Reply:
    obj, warnings = decoded(call), strictness.warnings(kind, call)
    require_type(kind, call, obj)
    writer = options.writer(call)
    made = writing.create(cluster, kind, call.info.namespace, obj, writer)
    return _with(render.one(cluster, kind, made, call, 201), warnings, writer)


def update(cluster: Cluster, kind: Kind, call: Call) -> Reply:
    obj, warnings = decoded(call), strictness.warnings(kind, call)
    require_type(kind, call, obj)
    info, writer = call.info, options.writer(call)
    existed = cluster.live(kind, info.namespace, info.name) is not None
    made = writing.update(cluster, kind, info.namespace, obj, writer, name=info.name, subresource=info.subresource)
    return _with(render.one(cluster, kind, made, call, 200 if existed else 201), warnings, writer)


def patch(cluster: Cluster, kind: Kind, call: Call) -> Reply:
    existed = cluster.live(kind, call.info.namespace, call.info.name) is not None
    writer = options.writer(call)
    made, warnings = patching.patch(cluster, kind, asked(kind, call), writer)
    return _with(render.one(cluster, kind, made, call, 200 if existed else 201), warnings, writer)


def delete(cluster: Cluster, kind: Kind, call: Call) -> Reply:
    """The Status of an object that is gone, or the object that is on its way out."""
    wanted = options.deletion(call)
    writer = _writer(call, wanted)
    gone = deleting.delete(cluster, kind, call.info.namespace, call.info.name, wanted.options, writer)
    if gone.gone and kind.resource not in _RETURNED_WHEN_GONE:
        return Reply.of(_success(kind, gone.object))
    return render.one(cluster, kind, gone.object, call)


def delete_collection(cluster: Cluster, kind: Kind, call: Call) -> Reply:
    """Everything that is selected; answers the list of it."""
    wanted = options.deletion(call)
    writer = _writer(call, wanted)
    found = listing.list_page(cluster.store, kind, options.chosen(call, kind), options.list_options(call))
    for entry in found.entries:
        try:
            deleting.delete(cluster, kind, *entry.key, wanted.options, writer)
        except ApiError as error:
            if error.code != 404:
                raise
    return render.page(cluster, kind, found, call)


def _writer(call: Call, wanted: options.Deletion) -> Writer:
    writer = options.writer(call)
    return Writer(writer.manager, writer.user, wanted.dry_run)


def _success(kind: Kind, obj: Object) -> Object:
    details = resource_of(kind).named(obj["metadata"]["name"]).details()
    details["uid"] = obj["metadata"]["uid"]
    return {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details,
    }  # fmt: skip


def _with(reply: Reply, warnings: tuple[str, ...], writer: Writer) -> Reply:
    return replace(reply, warnings=(*warnings, *writer.warnings))
