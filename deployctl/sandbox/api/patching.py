"""PATCH: JSON patch, merge patch, strategic merge patch and apply."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from deployctl.sandbox.api import writing
from deployctl.sandbox.api.applying import apply
from deployctl.sandbox.api.errors import (
    ApiError,
    Subject,
    bad_request,
    not_found,
)
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.patch_request import APPLY, JSON, MERGE, STRATEGIC, Patch, check_name
from deployctl.sandbox.api.rules import (
    Kind,
    PatchError,
    Undecodable,
    json_patch,
    merge_patch,
    strategic_merge,
    strict_problems,
)
from deployctl.sandbox.api.writer import Writer
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_DECODER = re.compile(r"json: cannot unmarshal (\w+).* into Go struct field \S+ of type (\S+)")
SCHEME = 'in scheme "pkg/runtime/scheme.go:111"'


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
    check_name(metadata.get("name", ""), asked)
    if metadata.get("namespace", "") != live["metadata"].get("namespace", ""):
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")


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
    if asked.content_type == STRATEGIC:
        why = _as_converted(why)
    cause = Cause("FieldValueInvalid", f"Invalid value: {json.dumps(shown, ensure_ascii=False)}: {why}", "patch")
    return ApiError(
        422, "Invalid", f' "" is invalid: {cause.field}: {cause.message}', subject=Subject(), causes=[cause]
    )


def _as_converted(why: str) -> str:
    """A strategic patch is not decoded from JSON but converted, which complains in other words."""
    found = _DECODER.search(why)
    if found is None:
        return why
    given, wanted = found[1], found[2].lstrip("*")
    if wanted == "string":
        return "cannot convert int64 to string" if given == "number" else "unrecognized type: string"
    if wanted.startswith(("[]", "map[")) or not wanted.islower():
        return f"cannot restore {_restored(wanted)} from: {given}"
    return f"unrecognized type: {wanted}"


def _restored(wanted: str) -> str:
    return "slice" if wanted.startswith("[]") else "map" if wanted.startswith("map[") else "struct"


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
