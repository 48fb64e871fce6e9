"""Expected failures. Each says what failed, where, the evidence and the next action; only `cli/errors.py` prints.

DeployError
├── UsageError            2  the command line or the configuration cannot be understood
├── Refused               3  nothing was written; the release could not have worked, or was not allowed
├── ReleaseFailed         5  something was written, and what runs is not what was wanted
│   └── RolledBack        4  … and the previous release serves again
├── VerificationMismatch  6  what runs differs from what should run
├── LockHeld              7  somebody else is releasing
├── Interrupted         130  the user or the system stopped us
└── Unavailable           3  a server did not answer or refused us before anything was written
                             (the engine turns it into ReleaseFailed once something was)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """Part of the interface; documented in docs/exit-codes.md."""

    DONE = 0
    BUG = 1
    USAGE = 2
    REFUSED = 3
    ROLLED_BACK = 4
    FAILED = 5
    MISMATCH = 6
    LOCKED = 7
    CHANGES = 10
    INTERRUPTED = 130


@dataclass(frozen=True)
class Problem:
    """What a person needs at two in the morning. No field ever holds a secret's value."""

    what: str
    """One sentence without a full stop: what failed."""
    where: str = ""
    """The object, field, file and line, or address it failed at."""
    evidence: tuple[str, ...] = ()
    """What was seen: server messages, events, log lines, in the words of who said them."""
    action: str = ""
    """What to do next, as a command where there is one."""
    incident: str = ""
    """The id of a page in docs/troubleshooting.md, such as `ARCH001`."""


class DeployError(Exception):
    """An expected failure, carrying its Problem. Subclasses fix the exit code."""

    exit_code: ExitCode = ExitCode.FAILED

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        evidence: tuple[str, ...] = (),
        action: str = "",
        incident: str = "",
    ) -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.problem = Problem(what, where, evidence, action, incident)


class UsageError(DeployError):
    """The command line or the configuration cannot be understood."""

    exit_code = ExitCode.USAGE


class Refused(DeployError):
    """Nothing was written: the release could not have worked, or was not allowed."""

    exit_code = ExitCode.REFUSED


class Unavailable(DeployError):
    """A server could not be reached, did not answer in time, or refused our credentials."""

    exit_code = ExitCode.REFUSED


class ReleaseFailed(DeployError):
    """Something was written, and what runs is not what was wanted."""

    exit_code = ExitCode.FAILED


class RolledBack(DeployError):
    """The release failed and the previous one serves again."""

    exit_code = ExitCode.ROLLED_BACK


class VerificationMismatch(DeployError):
    """What runs differs from what should run."""

    exit_code = ExitCode.MISMATCH


class LockHeld(DeployError):
    """Somebody else is releasing to this environment."""

    exit_code = ExitCode.LOCKED


class Interrupted(DeployError):
    """The user or the system stopped the run."""

    exit_code = ExitCode.INTERRUPTED
