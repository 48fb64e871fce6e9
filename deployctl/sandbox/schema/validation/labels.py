"""Labels, annotations, selectors."""

from __future__ import annotations

from typing import Any

from deployctl.sandbox.schema.validation import names
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    each_invalid,
    forbidden,
    invalid,
    required,
    too_long,
)

_ANNOTATIONS_MOST = 256 * 1024


def label_map(at: At, given: Struct | None) -> Causes:
    for key, value in (given or {}).items():
        yield from each_invalid(at, key, names.qualified_name(key))
        yield from each_invalid(at, value, names.label_value(value))


def annotation_map(at: At, given: Struct | None) -> Causes:
    for key in given or {}:
        yield from each_invalid(at, key, names.qualified_name(key.lower()))
    if sum(len(k) + len(v) for k, v in (given or {}).items()) > _ANNOTATIONS_MOST:
        yield too_long(at, _ANNOTATIONS_MOST)


def selector(at: At, given: Struct | None) -> Causes:
    """A LabelSelector."""
    given = given or {}
    yield from label_map(at / "matchLabels", given.get("matchLabels"))
    for index, expression in enumerate(given.get("matchExpressions") or []):
        yield from _expression((at / "matchExpressions")[index], expression)


def _expression(at: At, expression: Struct) -> Causes:
    operator, values = expression.get("operator", ""), expression.get("values") or []
    if operator in ("In", "NotIn"):
        if not values:
            yield required(at / "values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            yield forbidden(at / "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    else:
        yield invalid(at / "operator", operator, "not a valid selector operator")
    yield from each_invalid(at / "key", expression.get("key", ""), names.qualified_name(expression.get("key", "")))
    for index, value in enumerate(values):
        yield from each_invalid((at / "values")[index], value, names.label_value(value))


def usable(given: Struct | None) -> bool:
    """Whether it can select at all; what is wrong with it has been said then."""
    return next(selector(At(), given), None) is None


def is_empty(given: Struct) -> bool:
    return not given.get("matchLabels") and not given.get("matchExpressions")


def matches(given: Struct | None, found: dict[str, Any] | None) -> bool:
    """A selector that is absent selects nothing, an empty one everything."""
    if given is None:
        return False
    found = found or {}
    wanted = given.get("matchLabels") or {}
    return all(found.get(k) == v for k, v in wanted.items()) and all(
        _holds(e, found) for e in given.get("matchExpressions") or []
    )


def _holds(expression: Struct, found: dict[str, Any]) -> bool:
    key, operator, values = expression.get("key", ""), expression.get("operator"), expression.get("values") or []
    if operator == "In":
        return key in found and found[key] in values
    if operator == "NotIn":
        return found.get(key) not in values
    return (key in found) == (operator == "Exists")
