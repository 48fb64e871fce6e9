"""A table that has passed validation, read by its keys; what it does not say is the schema's default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deployctl.config.schema import Table
from deployctl.config.shapes import full_path


@dataclass(frozen=True)
class Origin:
    """What paths and build arguments depend on beside the file."""

    root: Path
    home: Path
    environ: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Section:
    """One table. Reading a key that the schema does not know raises KeyError."""

    table: Table
    data: Mapping[str, Any] = field(repr=False)
    origin: Origin

    def _get(self, name: str) -> Any:
        key = self.table.key(name)
        return self.data.get(name, key.default)

    def text(self, name: str) -> str:
        """Empty when it is neither set nor defaulted."""
        found = self._get(name)
        return found if isinstance(found, str) else ""

    def number(self, name: str) -> float:
        return float(self._get(name))

    def whole(self, name: str) -> int:
        return int(self._get(name))

    def flag(self, name: str) -> bool:
        return bool(self._get(name))

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(self._get(name) or ())

    def mapping(self, name: str) -> Mapping[str, Any]:
        return dict(self._get(name) or {})

    def path(self, name: str) -> Path | None:
        """Absolute; None when it is not set."""
        found = self.text(name)
        return full_path(found, self.origin.root, self.origin.home) if found else None

    def sub(self, name: str) -> Section:
        """An inner table, empty when it is not written."""
        found = next(sub.table for sub in self.table.tables if sub.name == name)
        return Section(found, self.data.get(name, {}), self.origin)

    def has(self, name: str) -> bool:
        return name in self.data

    def merged(self, base: Section) -> Section:
        """This table above another of the same kind: what is written here wins, table by table."""
        return Section(self.table, _merge(base.data, self.data), self.origin)


def _merge(base: Mapping[str, Any], top: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = {
        name: _merge(base[name], value)
        for name, value in top.items()
        if isinstance(value, Mapping) and isinstance(base.get(name), Mapping)
    }
    return {**base, **top, **inner}
