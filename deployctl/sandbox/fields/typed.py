"""Values against types: which shape applies, how a list item is named, and whether a value fits its type."""

from __future__ import annotations

from typing import Any

from deployctl.sandbox.fields import elements
from deployctl.sandbox.fields.elements import Element, Path, show
from deployctl.sandbox.schema.types import Atom, ListShape, MapShape, Scalar

Shape = Scalar | ListShape | MapShape


def shape_of(atom: Atom, value: Any) -> Shape | None:
    """The shape in which `atom` takes `value`; for null, or a value that fits none, the atom's main one."""
    if isinstance(value, dict) and atom.map:
        return atom.map
    if isinstance(value, list) and atom.list:
        return atom.list
    if value is not None and not isinstance(value, dict | list) and atom.scalar:
        return atom.scalar
    return atom.map or atom.scalar or atom.list


def item_element(shape: ListShape, item: Any) -> Element:
    """The path element of an item of a set or keyed list. Raises ValueError with the real server's reason."""
    if shape.kind == "map":
        return elements.key(_keys(shape, item))
    if isinstance(item, dict):
        raise ValueError("associative list without keys has an element that's a map type")
    if isinstance(item, list):
        raise ValueError("not supported: associative list with lists as elements")
    if item is None:
        raise ValueError("associative list without keys has an element that's an explicit null")
    return elements.value(item)


def _keys(shape: ListShape, item: Any) -> dict[str, Any]:
    if item is None:
        raise ValueError("associative list with keys may not have a null element")
    if not isinstance(item, dict):
        raise ValueError("associative list with keys may not have non-map elements")
    found = {}
    declared = shape.item.map.fields if shape.item.map else {}
    for name in shape.keys:
        if name in item:
            found[name] = item[name]
        elif name in declared and declared[name].default is not None:
            found[name] = declared[name].default
    if not found:
        names = "[" + " ".join(f'"{k}"' for k in shape.keys) + "]"
        raise ValueError(
            f"associative list with keys has an element that omits all key fields {names}"
            " (and doesn't have default values for any key fields)"
        )
    return found


def misfits(atom: Atom, value: Any, *, duplicates: bool = False, path: Path = ()) -> list[str]:
    """What the real server says of a value that is not of its type: `.spec.foo: field not declared in schema` …

    `duplicates` allows several items of the same key, as a live object may have.
    """
    shape = shape_of(atom, value)
    if isinstance(shape, MapShape):
        return _map_misfits(shape, value, duplicates, path)
    if isinstance(shape, ListShape):
        return _list_misfits(shape, value, duplicates, path)
    problem = _scalar_misfit(shape or "untyped", value)
    return [_at(path, problem)] if problem else []


def _at(path: Path, message: str) -> str:
    return f"{show(path)}: {message}" if path else message


def _map_misfits(shape: MapShape, value: Any, duplicates: bool, path: Path) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, dict):
        return [_at(path, f"expected map, got {_go(value)}")]
    found: list[str] = []
    for name, below in value.items():
        child = shape.child(name)
        here = (*path, elements.field(name))
        if child is None:
            return [*found, _at(here, "field not declared in schema")]
        found += misfits(child, below, duplicates=duplicates, path=here)
    return found


def _list_misfits(shape: ListShape, value: Any, duplicates: bool, path: Path) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        return [_at(path, f"expected list, got {_go(value)}")]
    found: list[str] = []
    seen: set[Element] = set()
    for index, item in enumerate(value):
        element = f"i:{index}"
        if shape.kind != "atomic":
            try:
                element = item_element(shape, item)
            except ValueError as error:
                return [*found, _at(path, f"element {index}: {error}")]
            if element in seen and not duplicates:
                found.append(_at(path, f"duplicate entries for key {show((element,))}"))
            seen.add(element)
        found += misfits(shape.item, item, duplicates=duplicates, path=(*path, element))
    return found


def _scalar_misfit(scalar: Scalar, value: Any) -> str:
    if value is None:
        return ""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if scalar == "numeric":
        return "" if number else f"expected numeric (int or float), got {_go_type(value)}"
    if scalar == "string":
        return "" if isinstance(value, str) else f"expected string, got {_go_wrapped(value)}"
    if scalar == "boolean":
        return "" if isinstance(value, bool) else f"expected boolean, got {_go(value)}"
    return "" if not isinstance(value, dict | list) else f"expected any scalar, got {_go(value)}"


def _go_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    return "map[string]interface {}" if isinstance(value, dict) else "[]interface {}"


def _go_wrapped(value: Any) -> str:
    return f"&value.valueUnstructured{{Value:{_go_syntax(value)}}}"


def _go_syntax(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{elements.go_json(k)}:{_go_syntax(v)}" for k, v in sorted(value.items()))
        return f"map[string]interface {{}}{{{inner}}}"
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(map(_go_syntax, value)) + "}"
    return elements.go_json(value) if value is not None else "interface {}(nil)"


def _go(value: Any) -> str:
    """As Go prints a decoded value with %v, wrapped by the field library."""
    return f"&{{{_plain(value)}}}"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "map[" + " ".join(f"{k}:{_plain(v)}" for k, v in sorted(value.items())) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_plain, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "<nil>" if value is None else str(value)
