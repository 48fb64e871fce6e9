"""What applying an object would change, field by field. Built so that a Secret's values cannot be in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deployctl.model.manifest import ObjectRef


@dataclass(frozen=True)
class FieldChange:
    """One field: its path, and its values as text; None where it is absent. Values of Secrets are never here."""

    path: str
    before: str | None
    after: str | None
    hidden: bool = False
    """The values differ but are secret; `before` and `after` then say only `(hidden)` or absence."""


@dataclass(frozen=True)
class ObjectChange:
    """What the release does to one object of the overlay."""

    ref: ObjectRef
    action: Literal["create", "change", "unchanged", "recreate"]
    fields: tuple[FieldChange, ...] = ()
    rolls: bool = False
    """Whether its pod template changes, so that its pods are replaced."""
    collateral: bool = False
    """A workload that changes although nobody named it."""


@dataclass(frozen=True)
class Finding:
    """Something a person should know before the release: a warning, or a reason to refuse."""

    id: str
    """Stable and machine-readable, such as `image-absent`."""
    what: str
    where: str = ""
    evidence: tuple[str, ...] = ()
    action: str = ""
    incident: str = ""


@dataclass(frozen=True)
class FileEdit:
    """One file of the tree that the release rewrites. Texts keep their line endings."""

    path: str
    """Relative to the project's root."""
    before: str
    after: str
    line: int
    """1-based, of the first line that differs; 0 when nothing does."""
    summary: str
    """Such as `newTag: prod-v0.8.7 -> prod-v0.8.8`."""

    @property
    def changes(self) -> bool:
        return self.before != self.after
