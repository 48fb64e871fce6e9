"""What an apply can fail with."""

from __future__ import annotations

from dataclasses import dataclass

from deployctl.sandbox.fields.elements import Path, show


@dataclass(frozen=True)
class Ownership:
    """One contested field. `manager` reads as the real server prints it: `"x" using apps/v1`, `"y"`."""

    manager: str
    path: Path

    @property
    def field(self) -> str:
        return show(self.path)

    @property
    def message(self) -> str:
        """Of the Status cause: `conflict with "kubectl" using apps/v1`."""
        return f"conflict with {self.manager}"


class Conflict(Exception):
    """Somebody else owns what is applied with another value: HTTP 409, reason Conflict.

    The causes of the Status are of type FieldManagerConflict, one an `Ownership` (`message`, `field`).
    """

    def __init__(self, conflicts: tuple[Ownership, ...]) -> None:
        self.conflicts = conflicts
        super().__init__(_message(conflicts))


def _message(conflicts: tuple[Ownership, ...]) -> str:
    if len(conflicts) == 1:
        return f"Apply failed with 1 conflict: {conflicts[0].message}: {conflicts[0].field}"
    lines = []
    for manager in sorted({c.manager for c in conflicts}):
        lines.append(f"conflicts with {manager}:")
        lines += [f"- {c.field}" for c in conflicts if c.manager == manager]
    return f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)


class TypedPatchError(Exception):
    """The applied object does not fit its type. The real server answers HTTP 500, reason empty."""


class BadApply(Exception):
    """The applied object may not be applied as it is: HTTP 400, reason BadRequest."""
