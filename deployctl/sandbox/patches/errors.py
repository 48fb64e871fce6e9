"""A patch that cannot be applied."""

from __future__ import annotations

from typing import Literal


class PatchError(Exception):
    """`status` is what the real server answers; the message is its own text.

    400 BadRequest carries the message itself. 422 is reason Invalid, message "the server rejected our request due to
    an error in our request", and this message as a cause UnexpectedServerResponse. 500 is InternalError.
    """

    def __init__(self, status: Literal[400, 422, 500], message: str) -> None:
        self.status = status
        super().__init__(message)
