"""Custom kinds: the additionalPrinterColumns of their definition, by simple JSON paths."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from deployctl.sandbox.api.tables.ages import since
from deployctl.sandbox.contracts import Object

Column = Mapping[str, Any]
NAME_TEXT = (
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a "
    "client to request the generation of an appropriate name automatically. Name is primarily intended for creation "
    "idempotence and configuration definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)
_NAME: Column = {"name": "Name", "type": "string", "format": "name", "description": NAME_TEXT, "priority": 0}
_AGE: Column = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
_AGE_TEXT = "Custom resource definition column (in JSONPath format): {}"

_PART = re.compile(
    r"""\.?(?P<name>[\w$-]+(?:\\.[\w$-]+)*)|\[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\]|\[(?P<index>-?\d+|\*)\]"""
    r"""|\[\?\(\s*@\.(?P<field>[\w.-]+)\s*==\s*(?P<value>"[^"]*"|'[^']*'|[\w.-]+)\s*\)\]"""
)


def definitions(columns: Sequence[Column]) -> list[Object]:
    """The table's columns: the name first, then what the CRD says (only the age when it says nothing)."""
    return [dict(_NAME), *(_definition(column) for column in columns or (_AGE,))]


def _definition(column: Column) -> Object:
    return {
        "name": column["name"],
        "type": column["type"],
        "format": column.get("format", ""),
        "description": column.get("description") or _AGE_TEXT.format(column["jsonPath"]),
        "priority": column.get("priority", 0),
    }


def cells(columns: Sequence[Column], obj: Object, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], *(_cell(column, obj, now) for column in columns or (_AGE,))]


def _cell(column: Column, obj: Object, now: datetime) -> Any:
    value = next(find(obj, column["jsonPath"]), None)
    if value is None:
        return None
    kind = column["type"]
    if kind == "date":
        return _date(value, now)
    if kind in {"integer", "number"}:
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    return _string(value)


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def _date(value: Any, now: datetime) -> str | None:
    try:
        return since(value, now) if isinstance(value, str) else None
    except ValueError:
        return "<invalid>"


def find(obj: Any, path: str) -> Iterator[Any]:
    """Every value at a JSON path of names, indexes, `[*]` and `[?(@.a=="b")]`."""
    yield from _walk([obj], path.strip().removeprefix("{").removesuffix("}"))


def _walk(values: list[Any], path: str) -> list[Any]:
    at = 0
    while at < len(path):
        part = _PART.match(path, at)
        if not part or part.end() == at:
            return []
        at = part.end()
        values = [found for value in values for found in _step(value, part)]
    return values


def _step(value: Any, part: re.Match[str]) -> list[Any]:
    if part["field"]:
        wanted = part["value"].strip("\"'")
        return [v for v in value if _matches(v, part["field"], wanted)] if isinstance(value, list) else []
    if part["index"]:
        return _indexed(value, part["index"])
    name = part["quoted"] or part["name"].replace("\\.", ".")
    return [value[name]] if isinstance(value, dict) and name in value else []


def _matches(value: Any, field: str, wanted: str) -> bool:
    found = _walk([value], "." + field)
    return bool(found) and (found[0] if isinstance(found[0], str) else json.dumps(found[0])) == wanted


def _indexed(value: Any, index: str) -> list[Any]:
    if index == "*":
        return list(value.values() if isinstance(value, dict) else value) if isinstance(value, dict | list) else []
    if not isinstance(value, list) or not -len(value) <= int(index) < len(value):
        return []
    return [value[int(index)]]
