"""Bodies: JSON or YAML in, and the texts of what cannot be read."""

from __future__ import annotations

import json
from typing import Any

import yaml

from deployctl.sandbox.api import protobuf
from deployctl.sandbox.api.errors import bad_request, unsupported_media_type
from deployctl.sandbox.api.http.accept import SUPPORTED
from deployctl.sandbox.api.http.call import Call
from deployctl.sandbox.api.rules import Kind, builtin_kinds, object_fault, type_name
from deployctl.sandbox.contracts import Object

PROTOBUF = "application/vnd.kubernetes.protobuf"
_SHOWN = 100
_SHOWN_TEXT = 30
_JSON = {"", "application/json"}
_YAML = {"application/yaml", "application/apply-patch+yaml", "text/yaml", "application/x-yaml"}


def decoded(call: Call, *, typed: bool = True) -> Object:
    """The body as an object; `typed` when it should be one of the path's kind. Raises ApiError 400 or 415."""
    kind = call.content_type
    if kind == PROTOBUF:
        return _protobuf(call.body)
    if kind not in _JSON | {"application/yaml"}:
        raise unsupported_media_type(SUPPORTED)
    if kind in _YAML:
        value = load_yaml(call.body)
    else:
        fault = object_fault(call.body)
        if fault:
            raise bad_request(_no_object(call, fault, typed=typed))
        value = load_json(call.body)
    if not isinstance(value, dict):
        raise bad_request(_no_object(call, "json: cannot unmarshal into an object", typed=typed))
    return value


_HEADER = r"""struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"""


def _no_object(call: Call, fault: str, *, typed: bool) -> str:
    """As the real decoder puts it, with the bytes it saw."""
    wanted = expected_kind(call)
    if not typed:
        return f"couldn't get version/kind; json parse error: {fault}"
    fault = fault.replace("map[string]interface {}", _HEADER)
    return (
        f"the object provided is unrecognized (must be of type {wanted}): couldn't get version/kind; "
        f"json parse error: {fault} ({call.body[:_SHOWN].hex()}{' ...' if len(call.body) > _SHOWN else ''})"
    )


def require_type(kind: Kind, call: Call, obj: Object) -> None:
    """Custom objects must say what they are. Raises ApiError 400."""
    missing = next((name for name in ("kind", "apiVersion") if not obj.get(name)), "")
    if not kind.custom or not missing:
        return
    text = call.body.decode(errors="replace")
    shown = {"kind": "Kind", "apiVersion": "apiVersion"}[missing]
    head = f"({text[:_SHOWN_TEXT]} ...)" if len(text) > _SHOWN_TEXT else f"({text})"
    what = f"Object '{shown}' is missing in '{text}' {head}"
    raise bad_request(f"the object provided is unrecognized (must be of type {kind.kind}): {what}")


def expected_kind(call: Call) -> str:
    """Of the resource that the path names."""
    info = call.info
    found = (
        k.kind for k in builtin_kinds() if (k.group, k.version, k.plural) == (info.group, info.version, info.resource)
    )
    return next(found, info.resource)


def _protobuf(body: bytes) -> Object:
    try:
        return protobuf.decode(body, _type_name)
    except protobuf.ProtobufError as error:
        raise bad_request(str(error)) from error


def _type_name(api_version: str, kind: str) -> str | None:
    group, _, version = api_version.rpartition("/")
    try:
        return type_name(Kind(group, version, kind, "", ""))
    except KeyError:
        return None


def load_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise bad_request(f"error decoding the body: {error}") from error


def load_yaml(body: bytes) -> Any:
    """JSON is YAML too, and far faster to read as such."""
    if body.lstrip()[:1] == b"{":
        try:
            return json.loads(body)
        except ValueError:
            pass
    try:
        return yaml.load(body, Loader=_Loader)  # noqa: S506  (a subclass of CSafeLoader)
    except yaml.YAMLError as error:
        raise bad_request(_yaml_words(error)) from error


def _yaml_words(error: yaml.YAMLError) -> str:
    """`yaml: line 3: did not find expected node content`."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    return f"yaml: line {mark.line + 1}: {problem}" if mark and problem else f"yaml: {error}"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C where it is built in
    """Without timestamps: in Kubernetes they are strings."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
