"""The form of deployctl.toml as data. Validation, the nearest-key advice and the reference file are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deployctl.config.shapes import Shape

Toml = str | int | float | bool | list[str] | dict[str, "Toml"]


@dataclass(frozen=True)
class Key:
    """One key of a table."""

    name: str
    shape: Shape
    doc: str
    example: Toml
    """What the reference shows; for an optional key its default, wherever the default can be written."""
    default: Toml | None = None
    """None: nothing, or computed from other keys as `doc` says."""
    required: bool = False
    many: Literal["", "array", "table"] = ""
    """array: a list of such values; table: values by names of the user's choice."""
    variable: str = ""
    """The environment variable that overrides it."""
    apart: bool = False
    """Cannot stand beside the other keys' examples; the reference shows it in a second table."""


@dataclass(frozen=True)
class Sub:
    """A table inside a table: one, or any number by names of the user's choice."""

    name: str
    table: Table
    named: bool = False
    example: str = ""
    """A name, where the user chooses it."""


@dataclass(frozen=True)
class Table:
    """A table of the configuration."""

    title: str
    """As it is written in documents: `environments.NAME`."""
    doc: str
    keys: tuple[Key, ...]
    tables: tuple[Sub, ...] = ()

    def key(self, name: str) -> Key:
        """Raises KeyError: asking for an undescribed key is a mistake of ours."""
        found = next((key for key in self.keys if key.name == name), None)
        if found is None:
            raise KeyError(f"{self.title}.{name} is not in the schema")
        return found

    @property
    def names(self) -> tuple[str, ...]:
        return (*(key.name for key in self.keys), *(sub.name for sub in self.tables))
