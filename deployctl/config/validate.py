"""A decoded document against the schema: everything that is wrong with it, in the schema's order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from deployctl.config.faults import Fault, nearest
from deployctl.config.locate import Path as KeyPath
from deployctl.config.schema import Key, Sub, Table
from deployctl.config.shapes import NAME, kind_of
from deployctl.config.tables import ROOT

Where = tuple[Path, KeyPath]
"""The project's root, and the place in the document."""


def validate(data: Mapping[str, object], root: Path) -> tuple[Fault, ...]:
    """Unknown keys, missing keys, and values of another shape than the schema's."""
    return tuple(_table(ROOT, data, (root, ())))


def _table(table: Table, value: object, where: Where) -> Iterator[Fault]:
    root, path = where
    if not isinstance(value, Mapping):
        yield Fault(path, f"this should be a table, and it is {kind_of(value)}", f"write it as [{table.title}]")
        return
    unknown = tuple(name for name in value if name not in table.names)
    yield from (_unknown(table, name, path) for name in unknown)
    meant = {nearest(name, table.names) for name in unknown}
    for key in table.keys:
        if key.name in value:
            yield from _key(key, value[key.name], (root, (*path, key.name)))
        elif key.required and key.name not in meant:
            yield Fault(path, f"`{key.name}` is missing", f"add {key.name} = {_hint(key)}")
    for sub in table.tables:
        if sub.name in value:
            yield from _sub(sub, value[sub.name], (root, (*path, sub.name)))


def _sub(sub: Sub, value: object, where: Where) -> Iterator[Fault]:
    root, path = where
    if not sub.named or not isinstance(value, Mapping):
        yield from _table(sub.table, value, where)
        return
    for name, inner in value.items():
        if fault := NAME.wrong(name, root):
            yield Fault((*path, name), f"this name cannot be used: {fault}", f"expected {NAME.expected}")
        yield from _table(sub.table, inner, (root, (*path, name)))


def _key(key: Key, value: object, where: Where) -> Iterator[Fault]:
    root, path = where
    if key.many == "array":
        yield from _array(key, value, where)
    elif key.many == "table" and isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _value(key, inner, (root, (*path, name)))
    elif key.many == "table":
        yield Fault(path, f"this should be a table, and it is {kind_of(value)}", f"expected {_hint(key)}")
    else:
        yield from _value(key, value, where)


def _array(key: Key, value: object, where: Where) -> Iterator[Fault]:
    root, path = where
    if not isinstance(value, list):
        action = f"expected an array of {key.shape.expected}"
        yield Fault(path, f"this should be an array, and it is {kind_of(value)}", action)
        return
    if key.required and not value:
        yield Fault(path, "this array is empty", f"expected at least one of {key.shape.expected}")
    for index, item in enumerate(value):
        yield from _value(key, item, (root, (*path, index)))


def _value(key: Key, value: object, where: Where) -> Iterator[Fault]:
    root, path = where
    if fault := key.shape.wrong(value, root):
        yield Fault(path, f"`{key.name}` is not right: {fault}", f"expected {key.shape.expected}")


def _hint(key: Key) -> str:
    return f"… ({key.shape.expected})" if not key.many else f"… (each {key.shape.expected})"


def _unknown(table: Table, name: str, path: KeyPath) -> Fault:
    if elsewhere := _home_of(name):
        action = f"`{name}` belongs in [{elsewhere}]"
    elif near := nearest(name, table.names):
        action = f"did you mean `{near}`?"
    else:
        action = f"expected one of: {', '.join(table.names)}"
    return Fault((*path, name), f"unknown key `{name}`", action)


def _home_of(name: str) -> str:
    """The table that has such a key; empty when none has."""
    return next((table.title or "the top" for table in every_table() if name in table.names), "")


def every_table(table: Table = ROOT) -> Iterator[Table]:
    """A table and all below it, each as often as it is used."""
    yield table
    for sub in table.tables:
        yield from every_table(sub.table)
