"""Custom resources against their own schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.kinds import Kind
from deployctl.sandbox.schema.validation.cause import At, Cause, Causes, invalid, required, too_many, unsupported
from deployctl.sandbox.schema.validation.cause import duplicate as twice

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)?")
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


def resource(kind: Kind, obj: Object) -> Causes:
    """What the schema says is wrong."""
    schema = kind.schema or {}
    body = {k: v for k, v in obj.items() if k not in ("apiVersion", "kind", "metadata")}
    properties = {k: v for k, v in schema.get("properties", {}).items() if k not in ("apiVersion", "kind", "metadata")}
    return _check(At(""), body, {**schema, "properties": properties})


def _check(at: At, value: Any, schema: Mapping[str, Any]) -> Causes:
    if value is None and schema.get("nullable"):
        return
    wrong = list(_type_faults(at, value, schema))
    if wrong:
        yield from wrong
        return
    if isinstance(value, dict):
        yield from _object(at, value, schema)
    elif isinstance(value, list):
        yield from _array(at, value, schema)
    elif isinstance(value, str):
        yield from _string(at, value, schema)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(at, value, schema)
    if "enum" in schema and value not in schema["enum"]:
        yield unsupported(at, value, [str(v) for v in schema["enum"]])


_NOWHERE = "<nil>"
"""The field of causes that the real server's schema library finds without saying where."""


def _type_faults(at: At, value: Any, schema: Mapping[str, Any]) -> Causes:
    if schema.get("x-kubernetes-int-or-string"):
        if not isinstance(value, int | str) or isinstance(value, bool):
            yield _of_type(at, value, "integer,string")
            if "anyOf" in schema:
                yield _of_type(at, value, "integer")
                detail = f'Invalid value: "": "{at.text}" must validate at least one schema (anyOf)'
                yield Cause("FieldValueInvalid", detail, _NOWHERE)
        return
    wanted = schema.get("type", "")
    if not wanted or (isinstance(value, _TYPES[wanted]) and (wanted == "boolean" or not isinstance(value, bool))):
        return
    yield _of_type(at, value, wanted)
    if wanted == "integer" and isinstance(value, float):
        detail = f'Invalid value: "": Checked value must be of type integer (default format) in {at.text}'
        yield Cause("FieldValueInvalid", detail, _NOWHERE)


def _of_type(at: At, value: Any, wanted: str, shown: str = "") -> Cause:
    given = shown or _json_type(value)
    text = f'Invalid value: "{given}": {at.text} in body must be of type {wanted}: "{given}"'
    return Cause("FieldValueTypeInvalid", text, at.text)


def _json_type(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "boolean", str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names[type(value)]


def _object(at: At, value: dict[str, Any], schema: Mapping[str, Any]) -> Causes:
    embedded = ("apiVersion", "kind") if schema.get("x-kubernetes-embedded-resource") else ()
    for name in (*schema.get("required", ()), *embedded):
        if name not in value:
            yield required(at / name)
    properties, extra = schema.get("properties", {}), schema.get("additionalProperties")
    for name, below in value.items():
        if name in properties:
            yield from _check(at / name, below, properties[name])
        elif isinstance(extra, Mapping):
            yield from _check(at / name, below, extra)
    least, most = schema.get("minProperties"), schema.get("maxProperties")
    if least is not None and len(value) < least:
        yield invalid(at, len(value), f"{at.text} in body should have at least {least} properties")
    if most is not None and len(value) > most:
        yield too_many(at, len(value), most)


def _array(at: At, value: list[Any], schema: Mapping[str, Any]) -> Causes:
    for index, item in enumerate(value):
        yield from _check(at[index], item, schema.get("items") or {})
    least, most = schema.get("minItems"), schema.get("maxItems")
    if least is not None and len(value) < least:
        yield invalid(at, len(value), f"{at.text} in body should have at least {least} items")
    if most is not None and len(value) > most:
        yield too_many(at, len(value), most)
    if schema.get("x-kubernetes-list-type") == "set":
        for index, item in enumerate(value):
            if item in value[:index]:
                yield twice(at[index], item)
    elif schema.get("x-kubernetes-list-type") == "map":
        yield from _same_keys(at, value, schema.get("x-kubernetes-list-map-keys", ()))


def _same_keys(at: At, value: list[Any], keys: list[str]) -> Causes:
    seen = []
    for index, item in enumerate(value):
        found = {k: item.get(k) for k in keys if k in item}
        if found in seen:
            yield twice(at[index], found)
        seen.append(found)


def _string(at: At, value: str, schema: Mapping[str, Any]) -> Causes:
    least, most, pattern = schema.get("minLength"), schema.get("maxLength"), schema.get("pattern")
    if least is not None and len(value) < least:
        yield invalid(at, value, f"{at.text} in body should be at least {least} chars long")
    if most is not None and len(value) > most:
        yield Cause("FieldValueTooLong", f"Too long: may not be more than {most} bytes", at.text)
    if pattern and not re.search(pattern, value):
        yield invalid(at, value, f"{at.text} in body should match '{pattern}'")
    if schema.get("format") in ("date-time", "datetime") and not _DATE_TIME.fullmatch(value):
        yield _of_type(at, value, schema["format"], value)


def _number(at: At, value: float, schema: Mapping[str, Any]) -> Causes:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and (value <= least if schema.get("exclusiveMinimum") else value < least):
        text = "greater than" if schema.get("exclusiveMinimum") else "greater than or equal to"
        yield invalid(at, value, f"{at.text} in body should be {text} {least}")
    if most is not None and (value >= most if schema.get("exclusiveMaximum") else value > most):
        text = "less than" if schema.get("exclusiveMaximum") else "less than or equal to"
        yield invalid(at, value, f"{at.text} in body should be {text} {most}")
