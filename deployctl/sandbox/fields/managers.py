"""managedFields: who manages what, as the wire keeps it and as a mapping to work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.fields.sets import EMPTY, FieldSet, decode, encode

Operation = Literal["Apply", "Update"]


class Manager(NamedTuple):
    """Who an entry belongs to. An applier is the same one whatever version it applies, an updater is not."""

    name: str
    operation: Operation
    api_version: str
    subresource: str

    @classmethod
    def of(cls, name: str, operation: Operation, api_version: str, subresource: str) -> Manager:
        return cls(name or "unknown", operation, api_version if operation == "Update" else "", subresource)

    def show(self) -> str:
        """As conflict messages name it: `"kubectl" using apps/v1`, `"x" with subresource "scale"`."""
        text = f'"{self.name}"'
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        return f"{text} using {self.api_version}" if self.operation == "Update" else text


@dataclass(frozen=True)
class Entry:
    fields: FieldSet
    api_version: str
    time: str | None
    """RFC 3339 in whole seconds, or None."""

    def with_fields(self, fields: FieldSet) -> Entry:
        return Entry(fields, self.api_version, self.time)


Managed = dict[Manager, Entry]


def timestamp(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def read(obj: Object | None) -> Managed:
    """The managers of an object. Raises ValueError, with the real server's reason, when an entry is malformed."""
    entries = ((obj or {}).get("metadata") or {}).get("managedFields") or []
    return dict(_read(entry, index) for index, entry in enumerate(entries))


def read_or_empty(obj: Object | None) -> Managed:
    try:
        return read(obj)
    except ValueError:
        return {}


def _read(entry: Mapping[str, Any], index: int) -> tuple[Manager, Entry]:
    operation = entry.get("operation")
    if operation not in ("Apply", "Update"):
        raise ValueError("operation must be `Apply` or `Update`")
    api_version = entry.get("apiVersion", "")
    if not api_version:
        raise ValueError("apiVersion must not be empty")
    fields_type = entry.get("fieldsType", "")
    if fields_type != "FieldsV1":
        what = f'invalid fieldsType "{fields_type}"' if fields_type else "missing fieldsType"
        raise ValueError(f"{what} in managed fields entry {index}")
    manager = Manager.of(entry.get("manager", ""), operation, api_version, entry.get("subresource", ""))
    # An empty fieldsV1 decodes to no members: the root itself is never one.
    return manager, Entry(decode(entry.get("fieldsV1") or {}), api_version, entry.get("time"))


def write(obj: Object, managed: Managed) -> Object:
    """A copy of `obj` that says these managers; empty ones are dropped."""
    metadata = {k: v for k, v in (obj.get("metadata") or {}).items() if k != "managedFields"}
    entries = [_wire(manager, entry) for manager, entry in sorted(managed.items(), key=_order)]
    if entries:
        metadata["managedFields"] = entries
    return {**obj, "metadata": metadata}


def without_managers(obj: Object) -> Object:
    return write(obj, {})


def _order(item: tuple[Manager, Entry]) -> tuple[str, str, str, str, str]:
    manager, entry = item
    return manager.operation, entry.time or "", manager.name, entry.api_version, manager.subresource


def _wire(manager: Manager, entry: Entry) -> dict[str, Any]:
    return {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": entry.api_version,
        **({"time": entry.time} if entry.time else {}),
        "fieldsType": "FieldsV1",
        "fieldsV1": encode(entry.fields),
        **({"subresource": manager.subresource} if manager.subresource else {}),
    }


def drop_empty(managed: Managed) -> Managed:
    return {manager: entry for manager, entry in managed.items() if entry.fields != EMPTY}
