"""What is wrong, with what was seen and what to do: the result of a rule, never of a guess without evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["fatal", "waiting", "note"]
"""fatal: will not pass by itself. waiting: may pass; said, and waited for. note: worth saying."""


@dataclass(frozen=True)
class Diagnosis:
    """One cause."""

    cause: str
    """Stable and machine-readable, such as `pull-unauthorized`, `insufficient-memory`, `crash-loop`."""
    severity: Severity
    summary: str
    """One sentence: what is wrong, in words of the field."""
    object: str
    """kind/name of the object that shows it."""
    evidence: tuple[str, ...] = ()
    """Event, condition, container state and log lines, as they were seen; secrets masked."""
    action: str = ""
    """The next action, as a command where there is one."""
    incident: str = ""
    """Its page in docs/troubleshooting.md."""
    fails_old_too: bool | None = None
    """Whether the previous version would fail in the same way (then a rollback does not help); None: not known."""
    pod: str = ""
    container: str = ""
    """Whose logs to fetch as further evidence; empty: none."""
    previous_logs: bool = False
    patience: float = 0.0
    """Seconds the signal must last before it is fatal."""
