"""Strict decoding: fields that the kind does not have, and keys given twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.kinds import Kind
from deployctl.sandbox.schema.types import Atom, type_of


class _Pairs(dict[str, Any]):
    """A JSON object that remembers which keys came more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def problems(kind: Kind, body: Object | str | bytes) -> list[str]:
    """One text a problem, as the real server warns: `unknown field "spec.foo"`, `duplicate field "metadata.name"`.

    `body` is an object, or the text it came in (JSON or YAML), which alone can show duplicates. Raises ValueError
    when a text is neither.
    """
    if isinstance(body, bytes):
        body = body.decode()
    if not isinstance(body, str):
        return list(_found(type_of(kind), body, ""))
    try:
        parsed = json.loads(body, object_pairs_hook=_Pairs)
    except ValueError:
        return [*_yaml_duplicates(body), *_found(type_of(kind), _yaml(body), "")]
    return list(_found(type_of(kind), parsed, ""))


def error(kind: Kind, found: list[str]) -> str:
    """The message of the 400 that `fieldValidation=Strict` answers."""
    yaml_lines = [p for p in found if p.startswith("line ")]
    rest = [p for p in found if not p.startswith("line ")]
    first = ["yaml: unmarshal errors:" + "".join(f"\n  {line}" for line in yaml_lines)] if yaml_lines else []
    what = "strict decoding error: " + ", ".join([*first, *rest])
    return f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {what}'


def _found(atom: Atom, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict) and atom.map:
        yield from _in_map(atom, value, path)
    elif isinstance(value, list) and atom.list:
        for index, item in enumerate(value):
            yield from _found(atom.list.item, item, f"{path}[{index}]")


def _in_map(atom: Atom, value: dict[str, Any], path: str) -> Iterator[str]:
    assert atom.map
    seen: set[str] = set()
    for key, below in value.pairs if isinstance(value, _Pairs) else value.items():
        here = f"{path}.{key}" if path else key
        child = atom.map.child(key)
        if child is None:
            if key not in seen:
                yield f'unknown field "{here}"'
        else:
            if key in seen:
                yield f'duplicate field "{here}"'
            yield from _found(child, below, here)
        seen.add(key)


def _yaml(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as fault:
        raise ValueError(str(fault)) from fault


def _yaml_duplicates(text: str) -> Iterator[str]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as fault:
        raise ValueError(str(fault)) from fault
    if root is not None:
        yield from _node_duplicates(root)


def _node_duplicates(node: yaml.Node) -> Iterator[str]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _node_duplicates(item)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, below in node.value:
            if key.value in seen:
                yield f'line {key.start_mark.line + 1}: key "{key.value}" already set in map'
            seen.add(key.value)
            yield from _node_duplicates(below)
