"""A patch as it is asked for: what to change of which object, and how it is written down."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployctl.sandbox.api.errors import (
    ApiError,
    Resource,
    bad_request,
    invalid,
    unsupported_media_type,
    unsupported_patch,
)
from deployctl.sandbox.api.http.codec import load_json, load_yaml
from deployctl.sandbox.api.http.options import field_validation
from deployctl.sandbox.api.rules import Kind, object_fault, patch_fault
from deployctl.sandbox.schema.validation.cause import Cause

if TYPE_CHECKING:
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


def check_name(name: str, asked: Patch) -> None:
    if not name:
        raise bad_request(
            f"the name of the object ({asked.name} based on URL) was undeterminable: name must be provided"
        )
    if name != asked.name:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({asked.name})")
