"""Label selectors as the API's query parameter spells them, and as objects (`matchLabels`) do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployctl.sandbox.api.errors import ApiError, bad_request

_TOKEN = re.compile(r"\s*(?:(?P<mark>==|!=|=|!|<|>|\(|\)|,)|(?P<word>[^\s,()=!<>]+))")
_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_SIMPLE = {"=": "in", "==": "in", "!=": "notin", "<": "lt", ">": "gt"}
_KEY_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


@dataclass(frozen=True)
class Requirement:
    """One term; `operator` is in, notin, exists, absent, gt or lt. notin is true of an absent label."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        if self.operator in {"exists", "absent"}:
            return (value is not None) == (self.operator == "exists")
        if self.operator == "notin":
            return value not in self.values
        if value is None:
            return False
        return value in self.values if self.operator == "in" else self._compares(value)

    def _compares(self, value: str) -> bool:
        try:
            left, right = int(value), int(self.values[0])
        except ValueError:
            return False
        return left > right if self.operator == "gt" else left < right


Selector = tuple[Requirement, ...]


def matches(selector: Selector, labels: Mapping[str, str] | None) -> bool:
    return all(requirement.matches(labels or {}) for requirement in selector)


def parse(text: str) -> Selector:
    """Every operator of the query parameter. Raises ApiError 400."""
    return _Parser(text).selector() if text.strip() else ()


def from_object(selector: Mapping[str, Any] | None) -> Selector:
    """A LabelSelector object (`matchLabels`, `matchExpressions`); None and {} match everything."""
    selector = selector or {}
    equal = [Requirement(key, "in", (value,)) for key, value in (selector.get("matchLabels") or {}).items()]
    return (*equal, *(_expression(e) for e in selector.get("matchExpressions") or []))


_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "absent", "Gt": "gt", "Lt": "lt"}


def _expression(expression: Mapping[str, Any]) -> Requirement:
    return Requirement(expression["key"], _OPERATORS[expression["operator"]], tuple(expression.get("values") or ()))


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = self._scan(text.rstrip())
        self._at = 0

    @staticmethod
    def _scan(text: str) -> list[tuple[str, str]]:
        tokens, position = [], 0
        while position < len(text):
            found = _TOKEN.match(text, position)
            if not found:
                raise _unparsable(text[position:], "a label selector")
            position = found.end()
            tokens.append(("word", found["word"]) if found["word"] else ("mark", found["mark"]))
        return tokens

    def selector(self) -> Selector:
        if self._peek() == ("mark", ","):
            raise bad_request("found ',', expected: !, identifier, or 'end of string'")
        terms = [self._term()]
        while self._peek() == ("mark", ","):
            self._next()
            terms.append(self._term())
        if self._peek()[0]:
            raise _unparsable(self._peek()[1], "',' or 'end of string'")
        return tuple(terms)

    def _term(self) -> Requirement:
        if self._peek() == ("mark", "!"):
            self._next()
            return Requirement(self._key(), "absent")
        key = self._key()
        kind, text = self._peek()
        if not kind or (kind, text) == ("mark", ","):
            return Requirement(key, "exists")
        self._next()
        if kind == "word" and text in {"in", "notin"}:
            return Requirement(key, text, self._set(key))
        if kind == "mark" and text in _SIMPLE:
            return _compared(Requirement(key, _SIMPLE[text], (self._value(key),)))
        raise _unparsable(text, "in, notin, =, ==, !=, gt, lt")

    def _key(self) -> str:
        kind, text = self._next()
        if kind != "word":
            raise _unparsable(text, "!, identifier, or 'end of string'")
        name = text.rpartition("/")[2]
        if not _NAME.fullmatch(name) or len(name) > 63:
            raise bad_request(f"unable to parse requirement: <nil>: Invalid value: {_quoted(text)}: {_KEY_RULE}")
        return text

    def _value(self, key: str) -> str:
        kind, text = self._peek()
        if kind != "word":
            if kind and text not in {",", ")"}:
                raise _unparsable(text, "identifier")
            return ""
        return _checked(self._next()[1], key)

    def _set(self, key: str) -> tuple[str, ...]:
        self._expect("(")
        values = [self._value(key)]
        while self._peek() == ("mark", ","):
            self._next()
            values.append(self._value(key))
        self._expect(")")
        return tuple(values)

    def _expect(self, mark: str) -> None:
        if self._next() != ("mark", mark):
            found = self._tokens[self._at - 1][1] if self._at <= len(self._tokens) else ""
            raise bad_request(f"unable to parse requirement: found '{found}' expected: '{mark}'")

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token


def _compared(requirement: Requirement) -> Requirement:
    value = requirement.values[0]
    if requirement.operator in {"gt", "lt"} and not re.fullmatch(r"[+-]?\d+", value):
        why = "for 'Gt', 'Lt' operators, the value must be an integer"
        raise bad_request(f"unable to parse requirement: values[0]: Invalid value: {_quoted(value)}: {why}")
    return requirement


def _checked(value: str, key: str) -> str:
    if not _VALUE.fullmatch(value) or len(value) > 63:
        where = f"values[0][{key}]"
        raise bad_request(f"unable to parse requirement: {where}: Invalid value: {_quoted(value)}: {_VALUE_RULE}")
    return value


def _unparsable(found: str, expected: str) -> ApiError:
    return bad_request(f"unable to parse requirement: found '{found}', expected: {expected}")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
