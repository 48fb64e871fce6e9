"""PATCH: JSON patch, merge patch, strategic merge patch and apply."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployctl.sandbox.api import writing
from deployctl.sandbox.api.errors import (
    ApiError,
    Resource,
    Subject,
    bad_request,
    conflict,
    invalid,
    not_found,
    unsupported_media_type,
    unsupported_patch,
)
from deployctl.sandbox.api.http.codec import load_json, load_yaml
from deployctl.sandbox.api.http.options import field_validation
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.rules import (
    BadApply,
    Conflict,
    Kind,
    PatchError,
    TypedPatchError,
    Undecodable,
    json_patch,
    merge_patch,
    object_fault,
    patch_fault,
    server_side_apply,
    strategic_merge,
    strict_problems,
)
from deployctl.sandbox.api.writer import Writer
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster
    from deployctl.sandbox.api.http.call import Call

SCHEME = 'in scheme "pkg/runtime/scheme.go:111"'
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
    group: str = ""
    plural: str = ""
    validation: str = "Warn"


def asked(kind: Kind, call: Call) -> Patch:
    """Raises ApiError: 415 for another content type, 400 for what cannot be read."""
    sent = call.content_type
    if kind.custom and sent == STRATEGIC:
        raise unsupported_media_type((JSON, MERGE, APPLY))
    if sent not in {JSON, MERGE, STRATEGIC, APPLY}:
        raise unsupported_patch()
    if "force" in call.query and sent != APPLY:
        cause = Cause("FieldValueForbidden", "Forbidden: may not be specified for non-apply patch", "force")
        raise invalid(Resource("meta.k8s.io", "", "PatchOptions"), "", [cause])
    content = _patch_yaml(call) if sent == APPLY else _patch_json(call)
    info = call.info
    return Patch(
        info.namespace, info.name, info.subresource, sent, content, call.flag("force"),
        bool(call.query.get("fieldManager")), info.group, info.resource, field_validation(call),
    )  # fmt: skip


def _patch_json(call: Call) -> Any:
    if patch_fault(call.body):
        raise bad_request("invalid JSON patch")
    return load_json(call.body)


def _patch_yaml(call: Call) -> Any:
    try:
        content = load_yaml(call.body)
    except ApiError as error:
        raise bad_request(f"error decoding patch: error converting YAML to JSON: {error.message}") from error
    if content is None:
        raise bad_request("invalid object type: /, Kind=")
    if not isinstance(content, dict):
        fault = object_fault(json.dumps(content).encode())
        raise bad_request(f"error decoding patch: error unmarshaling JSON: while decoding JSON: {fault}")
    return content


def patch(cluster: Cluster, kind: Kind, asked: Patch, writer: Writer) -> tuple[Object, tuple[str, ...]]:
    """The object after the patch, and warnings. Raises ApiError."""
    if asked.content_type == APPLY:
        return apply(cluster, kind, asked, writer), ()
    live = cluster.live(kind, asked.namespace, asked.name)
    if live is None:
        raise not_found(resource_of(kind), asked.name)
    obj = patched(kind, live, asked)
    _check_identity(kind, live, obj, asked)
    warnings = _unknown_fields(kind, obj, asked)
    try:
        made = writing.replace(cluster, kind, live, obj, writer, subresource=asked.subresource, patched=True)
    except Undecodable as error:
        raise _unreadable(obj, asked, error.fault) from error
    return made, warnings


def _check_identity(kind: Kind, live: Object, obj: Object, asked: Patch) -> None:
    """Raises ApiError when a patch would make another object of it."""
    if (obj.get("apiVersion"), obj.get("kind")) != (kind.api_version, kind.kind):
        shown = f'no kind "{obj.get("kind")}" is registered for version "{obj.get("apiVersion")}" {SCHEME}'
        raise _unreadable(obj, asked, shown)
    metadata = obj["metadata"]
    _check_name(metadata.get("name", ""), asked)
    if metadata.get("namespace", "") != live["metadata"].get("namespace", ""):
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")


def _check_name(name: str, asked: Patch) -> None:
    if not name:
        raise bad_request(
            f"the name of the object ({asked.name} based on URL) was undeterminable: name must be provided"
        )
    if name != asked.name:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({asked.name})")


def _unknown_fields(kind: Kind, obj: Object, asked: Patch) -> tuple[str, ...]:
    """Warnings. Raises ApiError 422 when the client wants it strict."""
    if asked.validation == "Ignore":
        return ()
    problems = strict_problems(kind, obj)
    if problems and asked.validation == "Strict":
        raise _unreadable(obj, asked, f"strict decoding error: {', '.join(problems)}")
    return tuple(problems)


def _unreadable(obj: Object, asked: Patch, why: str) -> ApiError:
    """422 for a patch whose result is no object of the kind; it names no object."""
    shown = (
        go_map(asked.content)
        if asked.content_type == STRATEGIC
        else json.dumps(obj, separators=(",", ":"), sort_keys=True)
    )
    cause = Cause("FieldValueInvalid", f"Invalid value: {json.dumps(shown, ensure_ascii=False)}: {why}", "patch")
    return ApiError(
        422, "Invalid", f' "" is invalid: {cause.field}: {cause.message}', subject=Subject(), causes=[cause]
    )


def go_map(value: Any) -> str:
    """A value as Go prints it: `map[a:map[b:1]]`."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{k}:{go_map(v)}' for k, v in sorted(value.items()))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_map, value))}]"
    return (
        {True: "true", False: "false", None: "<nil>"}[value] if value is None or isinstance(value, bool) else str(value)
    )


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
        text = "the server rejected our request due to an error in our request"
        return ApiError(422, "Invalid", text, subject=Subject())
    return ApiError(500, "InternalError", str(error))


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
    _check_name(metadata.get("name", ""), asked)
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
