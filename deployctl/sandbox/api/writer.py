"""Who writes, and how."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class User:
    """An authenticated identity."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""


SYSTEM = User("system:apiserver", ("system:masters", "system:authenticated"))


@dataclass(frozen=True)
class Writer:
    """The options that every write takes."""

    manager: str
    user: User = SYSTEM
    dry_run: bool = False
    warnings: list[str] = field(default_factory=list, compare=False)
    """What admission has to say to the client, collected on the way."""


@dataclass(frozen=True)
class Preconditions:
    """What must be true of the live object for a write to go through."""

    uid: str | None = None
    resource_version: str | None = None


NO_PRECONDITIONS = Preconditions()
