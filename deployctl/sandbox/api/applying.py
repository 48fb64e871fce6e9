"""Server-side apply: a patch that says what its manager wants, and creates what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api import writing
from deployctl.sandbox.api.errors import ApiError, Resource, bad_request, conflict, invalid, not_found
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.patch_request import Patch, check_name
from deployctl.sandbox.api.rules import BadApply, Conflict, Kind, TypedPatchError, server_side_apply
from deployctl.sandbox.api.writer import Writer
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster


def apply(cluster: Cluster, kind: Kind, asked: Patch, writer: Writer) -> Object:
    """Server-side apply; creates what is not there. Raises ApiError."""
    if not asked.manager_given:
        cause = Cause("FieldValueRequired", "Required value: is required for apply patch", "fieldManager")
        raise invalid(Resource("meta.k8s.io", "", "PatchOptions"), "", [cause])
    live = cluster.live(kind, asked.namespace, asked.name)
    applied = _applied(asked, live)
    if live is None and asked.subresource:
        raise not_found(resource_of(kind), asked.name)
    merged = _merge(cluster, kind, live, applied, asked, writer)
    if live is None:
        if kind.namespaced:
            merged["metadata"]["namespace"] = asked.namespace
        return writing.finish_create(cluster, kind, merged, writer)
    return writing.replace(
        cluster, kind, live, merged, writer, subresource=asked.subresource, patched=True, tracked=True
    )


def _applied(asked: Patch, live: Object | None) -> Object:
    applied: Object = asked.content
    metadata = applied.get("metadata") or {}
    check_name(metadata.get("name", ""), asked)
    if live is None and metadata.get("uid"):
        why = f"uid mismatch: the provided object specified uid {metadata['uid']}, and no existing object was found"
        raise conflict(Resource(asked.group, asked.plural), asked.name, why)
    return applied


def _merge(cluster: Cluster, kind: Kind, live: Object | None, applied: Object, asked: Patch, writer: Writer) -> Object:
    try:
        return server_side_apply(
            kind, live, applied, manager=writer.manager, force=asked.force, now=cluster.clock.now(),
            subresource=asked.subresource,
        )  # fmt: skip
    except Conflict as conflict:
        causes = [Cause("FieldManagerConflict", c.message, c.field) for c in conflict.conflicts]
        raise ApiError(409, "Conflict", str(conflict), causes=causes) from conflict
    except TypedPatchError as error:
        raise ApiError(500, "", str(error)) from error
    except BadApply as error:
        raise bad_request(str(error)) from error
