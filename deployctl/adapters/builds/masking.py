"""Secret build arguments stay secret, whatever a Dockerfile prints."""

from __future__ import annotations

from collections.abc import Callable

from deployctl.model.errors import Refused
from deployctl.model.service import BuildSource

SHORTEST = 4
"""Shorter values would black out half of a log, and are no secrets."""
SHORTEST_LINE = 8
"""Of a value with several lines: shorter ones are brackets and beginnings."""


def check_arguments(source: BuildSource) -> None:
    """Raises Refused when an argument's environment variable is not set."""
    unset = [argument for argument in source.arguments if argument.unset]
    if unset:
        names = ", ".join(argument.unset for argument in unset)
        raise Refused(
            f"a build argument's environment variable is not set: {names}",
            where=", ".join(argument.name for argument in unset),
            action=f"set {names}",
        )


def masker(source: BuildSource) -> Callable[[str], str]:
    """A function that takes secret values out of a text: also each line of a value that has several, as keys have."""
    values = [a.value for a in source.arguments if a.secret and len(a.value) >= SHORTEST]
    lines = [line.strip() for value in values for line in value.splitlines() if len(line.strip()) >= SHORTEST_LINE]
    secrets = sorted({*values, *lines}, key=len, reverse=True)

    def mask(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, "***")
        return text

    return mask
