"""What is wrong with a configuration, collected and then said in one message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from deployctl.config.document import Document
from deployctl.config.locate import Path as KeyPath
from deployctl.model.errors import UsageError

_SHOWN = 5


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong."""

    path: KeyPath
    what: str
    action: str


def nearest(word: str, options: tuple[str, ...]) -> str:
    """The option most like a word; empty when none is."""
    found = get_close_matches(word.lower(), [option.lower() for option in options], n=1)
    return next((option for option in options if found and option.lower() == found[0]), "")


def failure(faults: tuple[Fault, ...], document: Document, variables: Mapping[KeyPath, str]) -> UsageError:
    """One message for them all: the first in full, the others a line each. `variables` names what is not the file's."""

    def where(fault: Fault) -> str:
        variable = variables.get(fault.path)
        return f"environment variable {variable}" if variable else document.where(fault.path)

    first, *others = faults
    lines = [f"{where(fault)}: {fault.what}" for fault in others[:_SHOWN]]
    if len(others) > _SHOWN:
        lines.append(f"and {len(others) - _SHOWN} more")
    return UsageError(first.what, where=where(first), evidence=tuple(lines), action=first.action)
