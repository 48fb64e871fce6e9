"""OpenAPI v3 as far as kubectl asks for it: explain, dry-run and field-validation support, merge keys, kinds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from deployctl.sandbox.schema import table
from deployctl.sandbox.schema.kinds import Kind, builtin_kinds
from deployctl.sandbox.schema.types import OBJECT_META, type_name

_REF = "#/components/schemas/"
_PATCH_BODIES = ("application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json")
_STRATEGIC = "application/strategic-merge-patch+json"


def index(kinds: Iterable[Kind] | None = None) -> dict[str, Any]:
    """`/openapi/v3`: one entry a group version. The hash changes with the kinds, so that clients may cache."""
    served: dict[str, list[Kind]] = {}
    for kind in builtin_kinds() if kinds is None else kinds:
        served.setdefault(path_of(kind.group, kind.version), []).append(kind)
    return {
        "paths": {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={_digest(found)}"}
            for path, found in sorted(served.items())
        }
    }


def path_of(group: str, version: str) -> str:
    """`api/v1`, `apis/apps/v1`."""
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _digest(kinds: list[Kind]) -> str:
    what = json.dumps([[repr(k), k.schema] for k in kinds], sort_keys=True, default=str)
    return hashlib.sha256(what.encode()).hexdigest().upper()


def document(group: str, version: str, kinds: Iterable[Kind] | None = None) -> dict[str, Any]:
    """`/openapi/v3/<path_of(group, version)>`. Raises KeyError when no kind is served there."""
    every = builtin_kinds() if kinds is None else tuple(kinds)
    served = [k for k in every if (k.group, k.version) == (group, version)]
    if not served:
        raise KeyError(path_of(group, version))
    components: dict[str, Any] = {}
    for kind in served:
        name, schema = _component(kind)
        components[name] = schema
        _collect(schema, components)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "sandbox"},
        "paths": {path: item for kind in served for path, item in _paths(kind)},
        "components": {"schemas": {name: _clean(schema) for name, schema in sorted(components.items())}},
    }


def component_name(kind: Kind) -> str:
    """A built-in type's own name; a custom kind's group backwards: `io.cert-manager.v1.Certificate`."""
    if not kind.custom:
        return type_name(kind)
    return ".".join([*reversed(kind.group.split(".")), kind.version, kind.kind])


def _component(kind: Kind) -> tuple[str, dict[str, Any]]:
    name = component_name(kind)
    if kind.schema is None:
        found: dict[str, Any] = table.schemas()[name]
        return name, found
    text = {"type": "string"}
    own = kind.schema.get("properties", {})
    meta = {"allOf": [{"$ref": _REF + OBJECT_META}]}
    gvk = [{"group": kind.group, "version": kind.version, "kind": kind.kind}]
    return name, {
        **kind.schema,
        "type": "object",
        "properties": {**own, "apiVersion": text, "kind": text, "metadata": meta},
        "x-kubernetes-group-version-kind": gvk,
    }


def _collect(schema: Any, components: dict[str, Any]) -> None:
    """Add every schema that this one refers to, however far."""
    for name in _references(schema):
        if name not in components:
            components[name] = table.schemas()[name]
            _collect(components[name], components)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        pointer = value.get("$ref")
        if isinstance(pointer, str):
            yield pointer.removeprefix(_REF)
        for below in value.values():
            yield from _references(below)
    elif isinstance(value, list):
        for below in value:
            yield from _references(below)


def _clean(value: Any) -> Any:
    """Without what only we put into the table."""
    if isinstance(value, Mapping):
        return {k: _clean(v) for k, v in value.items() if k not in ("x-go-zero", "x-go-in")}
    return [_clean(v) for v in value] if isinstance(value, list) else value


def _paths(kind: Kind) -> Iterator[tuple[str, dict[str, Any]]]:
    space = "/namespaces/{namespace}" if kind.namespaced else ""
    collection = f"/{path_of(kind.group, kind.version)}{space}/{kind.plural}"
    yield collection, _operations(kind, {"post": "create", "get": "list", "delete": "deletecollection"})
    single = {"get": "get", "put": "update", "patch": "patch", "delete": "delete"}
    yield collection + "/{name}", _operations(kind, single)
    if "status" in kind.subresources:
        del single["delete"]
        yield collection + "/{name}/status", _operations(kind, single)


def _operations(kind: Kind, verbs: dict[str, str]) -> dict[str, Any]:
    return {method: _operation(kind, method, verb) for method, verb in verbs.items() if verb in kind.verbs}


def _operation(kind: Kind, method: str, verb: str) -> dict[str, Any]:
    body = {"$ref": _REF + component_name(kind)}
    operation: dict[str, Any] = {
        "operationId": f"{verb}{kind.version}{kind.kind}",
        "parameters": [_parameter(name, form) for name, form in _PARAMETERS.get(method, ())],
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": body}}}},
        "x-kubernetes-action": verb,
        "x-kubernetes-group-version-kind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
    }
    if method == "patch":
        types = _PATCH_BODIES if kind.custom else (*_PATCH_BODIES, _STRATEGIC)
        operation["requestBody"] = {"content": {t: {"schema": {"type": "object"}} for t in types}, "required": True}
    elif method in ("post", "put"):
        operation["requestBody"] = {"content": {"*/*": {"schema": body}}, "required": True}
    return operation


_WRITE = (("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string"))
_PARAMETERS = {
    "post": _WRITE,
    "put": _WRITE,
    "patch": (*_WRITE, ("force", "boolean")),
    "delete": (("dryRun", "string"), ("gracePeriodSeconds", "integer"), ("propagationPolicy", "string")),
}


def _parameter(name: str, type: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": type, "uniqueItems": True}}
