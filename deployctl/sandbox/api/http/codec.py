"""Bodies: JSON or YAML in, and the texts of what cannot be read."""

from __future__ import annotations

import json
from typing import Any

import yaml

from deployctl.sandbox.api import protobuf
from deployctl.sandbox.api.errors import bad_request, unsupported_media_type
from deployctl.sandbox.api.http.accept import SUPPORTED
from deployctl.sandbox.api.http.call import Call
from deployctl.sandbox.api.rules import Kind, type_name
from deployctl.sandbox.contracts import Object

PROTOBUF = "application/vnd.kubernetes.protobuf"
_JSON = {"", "application/json"}
_YAML = {"application/yaml", "application/apply-patch+yaml", "text/yaml", "application/x-yaml"}


def decoded(call: Call) -> Object:
    """The body as an object. Raises ApiError 400 or 415."""
    kind = call.content_type
    if kind == PROTOBUF:
        return _protobuf(call.body)
    if kind not in _JSON | {"application/yaml"}:
        raise unsupported_media_type(SUPPORTED)
    value = load_yaml(call.body) if kind in _YAML else load_json(call.body)
    if not isinstance(value, dict):
        raise bad_request("couldn't get version/kind; json parse error: json: cannot unmarshal into an object")
    return value


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
        raise bad_request(f"error decoding YAML: {error}") from error


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C where it is built in
    """Without timestamps: in Kubernetes they are strings."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
