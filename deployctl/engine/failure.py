"""From what went wrong to how the run ended: what had been written decides."""

from __future__ import annotations

from deployctl.engine.run import Run
from deployctl.model.errors import (
    DeployError,
    ExitCode,
    Interrupted,
    LockHeld,
    Refused,
    ReleaseFailed,
    UsageError,
    VerificationMismatch,
)
from deployctl.model.release import OutcomeName

OUTCOMES: dict[ExitCode, OutcomeName] = {
    ExitCode.DONE: "done",
    ExitCode.USAGE: "usage",
    ExitCode.REFUSED: "refused",
    ExitCode.ROLLED_BACK: "rolled-back",
    ExitCode.FAILED: "failed",
    ExitCode.MISMATCH: "mismatch",
    ExitCode.LOCKED: "locked",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.BUG: "bug",
}


def as_outcome(error: DeployError) -> OutcomeName:
    """The word for an error's exit code."""
    return OUTCOMES[error.exit_code]


def before_any_write(error: DeployError) -> DeployError:
    """A failure that left the tree and the cluster untouched is a refusal, whatever step it happened in."""
    if isinstance(error, Interrupted | LockHeld | UsageError | VerificationMismatch | Refused):
        return error
    return _as(Refused, error)


def after_a_write(error: DeployError) -> DeployError:
    """A failure after the cluster was written to is a failed release: a lost connection, a rejected object."""
    return error if isinstance(error, Interrupted | ReleaseFailed) else _as(ReleaseFailed, error)


def _as(kind: type[DeployError], error: DeployError) -> DeployError:
    problem = error.problem
    return kind(
        problem.what,
        where=problem.where,
        evidence=problem.evidence,
        action=problem.action,
        incident=problem.incident,
    )


def interrupted(run: Run) -> Interrupted:
    """What a person who pressed Ctrl-C must know: whether production was touched, and how to go on."""
    environment = run.plan.environment
    if not run.wrote_cluster:
        return Interrupted("interrupted before anything was written to the cluster")
    return Interrupted(
        "interrupted while the cluster was being changed; it goes on without us",
        action=f"run the same release again to finish it, or: deployctl rollback --env {environment}",
    )
