"""The definitions of OpenAPI v2: the same types as v3 has, in the words of a version that knows fewer.

A v2 schema has no `oneOf`, `anyOf`, `not` and `nullable`, and the server leaves defaults out. What a definition
becomes was read off a real server's `/openapi/v2`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from deployctl.sandbox.schema import table
from deployctl.sandbox.schema.kinds import Kind
from deployctl.sandbox.schema.openapi import component_name
from deployctl.sandbox.schema.types import OBJECT_META

_V3, _REF = "#/components/schemas/", "#/definitions/"
_LIST_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"
_TEXT = {"type": "string"}
_UNKNOWN = {"oneOf", "anyOf", "allOf", "not", "nullable", "default"}
_SHAPE = {"type", "items", "properties", "additionalProperties", "required"}
_PRESERVE = "x-kubernetes-preserve-unknown-fields"
_INT_OR_STRING, _EMBEDDED = "x-kubernetes-int-or-string", "x-kubernetes-embedded-resource"


def definitions(kinds: Iterable[Kind]) -> dict[str, Any]:
    """Schemas by name: every built-in type, each custom kind and its list. Not to be changed."""
    made = dict(_builtin())
    for kind in kinds:
        if kind.schema is not None:
            name = component_name(kind)
            made[name], made[f"{name}List"] = _custom(kind, kind.schema), _list(kind, name)
    return dict(sorted(made.items()))


@cache
def _builtin() -> dict[str, Any]:
    return {name: _schema(schema) for name, schema in table.schemas().items()}


def _schema(v3: object) -> dict[str, Any]:
    """One schema, and those inside it. What is no schema, such as a list of them as `items`, says nothing."""
    if not isinstance(v3, Mapping):
        return {}
    said = {key: value for key, value in v3.items() if value is not None and not key.startswith("x-go-")}
    made = {key: value for key, value in _inlined(said).items() if key not in _hidden(said)}
    if "properties" in made:
        made["properties"] = {name: _schema(below) for name, below in made["properties"].items()}
    if "items" in made or made.get("type") == "array":
        made["items"] = _schema(made.get("items"))
    if not isinstance(made.get("additionalProperties", True), bool):
        made["additionalProperties"] = _schema(made["additionalProperties"])
    return _embedding(made) if made.get(_EMBEDDED) and not made.get(_PRESERVE) else made


def _embedding(schema: dict[str, Any]) -> dict[str, Any]:
    """A value that is a whole object has what every object has, whether the definition says so or not."""
    required = [name for name in ("kind", "apiVersion") if name not in schema.get("required", ())]
    return {**_object(schema), "required": [*schema.get("required", ()), *required]}


def _object(schema: dict[str, Any]) -> dict[str, Any]:
    meta = {"$ref": _REF + OBJECT_META}
    own = {**schema.get("properties", {}), "apiVersion": _TEXT, "kind": _TEXT, "metadata": meta}
    return {**schema, "type": "object", "properties": own}


def _inlined(v3: Mapping[str, Any]) -> Mapping[str, Any]:
    """A reference stands alone in v3, so that `allOf` holds it where something is said besides; not so in v2.

    A built-in type of several scalar types is said to be a string. A reference to anything but a component is dropped:
    kubectl would take no document that has one.
    """
    for part in (v3, *v3.get("allOf", ())):
        if isinstance(part, Mapping) and str(part.get("$ref", "")).startswith(_V3):
            return {**v3, "$ref": _REF + part["$ref"].removeprefix(_V3)}
    own = {key: value for key, value in v3.items() if key != "$ref"}
    return {**own, **_TEXT} if "oneOf" in own and not own.keys() & _SHAPE else own


def _hidden(v3: Mapping[str, Any]) -> set[str]:
    """What v2 does not say: of a value that may be anything, or null, nothing about its shape."""
    if v3.get(_PRESERVE) or v3.get("nullable"):
        return _UNKNOWN | _SHAPE
    return _UNKNOWN | {"type"} if v3.get(_INT_OR_STRING) else _UNKNOWN


def _custom(kind: Kind, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Clients that know v2 drop no unknown field of a kind that keeps them: its definition has no properties."""
    found = [{"group": kind.group, "kind": kind.kind, "version": kind.version}]
    if schema.get(_PRESERVE):
        return {"type": "object", "x-kubernetes-group-version-kind": found}
    return {**_object(_schema(schema)), "x-kubernetes-group-version-kind": found}


def _list(kind: Kind, name: str) -> dict[str, Any]:
    items = {"type": "array", "items": {"$ref": _REF + name}}
    meta = {"$ref": _REF + _LIST_META}
    return {
        "type": "object",
        "required": ["items"],
        "properties": {"apiVersion": _TEXT, "items": items, "kind": _TEXT, "metadata": meta},
        "x-kubernetes-group-version-kind": [{"group": kind.group, "kind": f"{kind.kind}List", "version": kind.version}],
    }
