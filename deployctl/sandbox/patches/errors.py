"""A patch that cannot be applied."""

from __future__ import annotations

from typing import Any, Literal

GO_MAP = "map[string]interface {}"


class PatchError(Exception):
    """`status` is what the real server answers.

    400 is BadRequest with this message, 500 has this message and no reason. 422 is reason Invalid with the message
    "the server rejected our request due to an error in our request" and empty details: there this text stays inside.
    """

    def __init__(self, status: Literal[400, 422, 500], message: str) -> None:
        self.status = status
        super().__init__(message)


def not_decoded(value: Any, go_type: str) -> str:
    """What the server says of a patch document of the wrong JSON type."""
    names = {bool: "bool", str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return (
        f"error decoding patch: json: cannot unmarshal {names.get(type(value), 'null')} into Go value of type {go_type}"
    )
