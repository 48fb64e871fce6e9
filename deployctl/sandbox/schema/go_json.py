"""What Go's JSON decoder says of a text that it cannot read."""

from __future__ import annotations

import json

_AFTER = {
    "Expecting ',' delimiter": "after {where} element",
    "Expecting ':' delimiter": "after object key",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting value": "looking for beginning of value",
    "Extra data": "after top-level value",
    "Invalid control character at": "in string literal",
}
_LITERALS = ("null", "true", "false")


def object_fault(content: bytes) -> str:
    """Why it is no JSON object; empty when it is one, or null."""
    text = content.decode(errors="replace")
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        return _syntax(text, error)
    if isinstance(document, dict) or document is None:
        return ""
    kind = {list: "array", str: "string", bool: "bool"}.get(type(document), "number")
    return f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"


def _syntax(text: str, error: json.JSONDecodeError) -> str:
    position = error.pos
    rest = text[position:].lstrip()
    if not rest:
        return "unexpected end of JSON input"
    literal = next((word for word in _LITERALS if word[0] == rest[0]), None)
    if literal and error.msg == "Expecting value":
        return _broken_literal(rest, literal)
    where = "array" if text[:position].rfind("[") > text[:position].rfind("{") else "object key:value pair"
    detail = _AFTER.get(error.msg, "looking for beginning of value").format(where=where)
    return f"invalid character {_quoted(rest[0])} {detail.replace('pair element', 'pair')}"


def _broken_literal(rest: str, literal: str) -> str:
    for index, wanted in enumerate(literal):
        if index >= len(rest):
            return "unexpected end of JSON input"
        if rest[index] != wanted:
            return f"invalid character {_quoted(rest[index])} in literal {literal} (expecting {_quoted(wanted)})"
    return "unexpected end of JSON input"


def _quoted(char: str) -> str:
    return {"'": r"'\''", '"': "'\"'"}.get(char, f"'{char}'")
