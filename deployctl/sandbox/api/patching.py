"""PATCH: JSON patch, merge patch, strategic merge patch and apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployctl.sandbox.api import writing
from deployctl.sandbox.api.errors import ApiError, bad_request, not_found, unsupported_media_type
from deployctl.sandbox.api.http.codec import load_json, load_yaml
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.rules import (
    BadApply,
    Conflict,
    Kind,
    PatchError,
    TypedPatchError,
    json_patch,
    merge_patch,
    server_side_apply,
    strategic_merge,
)
from deployctl.sandbox.api.writer import Writer
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster
    from deployctl.sandbox.api.http.call import Call

JSON, MERGE = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"


@dataclass(frozen=True)
class Patch:
    """What to change of which object (or of one of its subresources), and how it is written down."""

    namespace: str
    name: str
    subresource: str
    content_type: str
    content: Any
    force: bool = False
    manager_given: bool = False


def asked(call: Call) -> Patch:
    """Raises ApiError: 415 for another content type, 400 for what cannot be read."""
    kind = call.content_type
    if kind not in {JSON, MERGE, STRATEGIC, APPLY}:
        raise unsupported_media_type((JSON, MERGE, STRATEGIC, APPLY, "application/apply-patch+cbor"))
    content = load_yaml(call.body) if kind == APPLY else load_json(call.body)
    info = call.info
    given = bool(call.query.get("fieldManager"))
    return Patch(info.namespace, info.name, info.subresource, kind, content, call.flag("force"), given)


def patch(cluster: Cluster, kind: Kind, asked: Patch, writer: Writer) -> tuple[Object, tuple[str, ...]]:
    """The object after the patch, and warnings. Raises ApiError."""
    if asked.content_type == APPLY:
        return apply(cluster, kind, asked, writer), ()
    live = cluster.live(kind, asked.namespace, asked.name)
    if live is None:
        raise not_found(resource_of(kind), asked.name)
    obj = patched(kind, live, asked)
    name = obj["metadata"].get("name", "")
    if name != asked.name:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({asked.name})")
    return writing.replace(cluster, kind, live, obj, writer, subresource=asked.subresource), ()


def patched(kind: Kind, live: Object, asked: Patch) -> Object:
    """A JSON, merge or strategic merge patch of an object. Raises ApiError."""
    try:
        if asked.content_type == JSON:
            result: Any = json_patch(live, asked.content)
        elif asked.content_type == MERGE:
            result = merge_patch(live, asked.content)
        else:
            result = strategic_merge(kind, live, asked.content)
    except PatchError as error:
        raise _refused(error) from error
    if not isinstance(result, dict) or not isinstance(result.get("metadata"), dict):
        raise bad_request("the patched object has no metadata")
    return result


def _refused(error: PatchError) -> ApiError:
    if error.status == 400:
        return bad_request(str(error))
    if error.status == 422:
        cause = Cause("UnexpectedServerResponse", str(error), "")
        text = "the server rejected our request due to an error in our request"
        return ApiError(422, "Invalid", text, causes=[cause])
    return ApiError(500, "InternalError", str(error))


def apply(cluster: Cluster, kind: Kind, asked: Patch, writer: Writer) -> Object:
    """Server-side apply; creates what is not there. Raises ApiError."""
    if not asked.manager_given:
        cause = Cause("FieldValueRequired", "Required value: is required for apply patch", "fieldManager")
        text = f'PatchOptions.meta.k8s.io "" is invalid: {cause.field}: {cause.message}'
        raise ApiError(422, "Invalid", text, causes=[cause])
    live = cluster.live(kind, asked.namespace, asked.name)
    applied = _applied(asked)
    if live is None and asked.subresource:
        raise not_found(resource_of(kind), asked.name)
    merged = _merge(cluster, kind, live, applied, asked, writer)
    if live is None:
        merged["metadata"].setdefault("name", asked.name)
        if kind.namespaced:
            merged["metadata"]["namespace"] = asked.namespace
        return writing.finish_create(cluster, kind, merged, writer)
    return writing.replace(cluster, kind, live, merged, writer, subresource=asked.subresource, tracked=True)


def _applied(asked: Patch) -> Object:
    applied = asked.content
    if not isinstance(applied, dict):
        raise bad_request("error decoding YAML: the applied configuration must be an object")
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
