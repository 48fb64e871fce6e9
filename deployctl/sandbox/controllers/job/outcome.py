"""Whether a Job has ended, and in which words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import condition_of, parse_time, timestamp


@dataclass(frozen=True)
class Ending:
    """`target` is written first, `final` once no pod runs any more."""

    target: str
    final: str
    reason: str
    message: str


REACHED = Ending("SuccessCriteriaMet", "Complete", "CompletionsReached", "Reached expected number of succeeded pods")
TOO_LATE = Ending("FailureTarget", "Failed", "DeadlineExceeded", "Job was active longer than specified deadline")
TOO_OFTEN = Ending("FailureTarget", "Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit")


@dataclass(frozen=True)
class Tally:
    succeeded: int
    failed: int
    restarts: int
    """Of the containers of pods that restart in place: they count against the limit too."""
    active: int


def is_finished(job: Object) -> bool:
    status = job.get("status") or {}
    return any(is_true(status, type_) for type_ in ("Complete", "Failed"))


def is_true(status: Object, type_: str) -> bool:
    condition = condition_of(status, type_)
    return condition is not None and condition["status"] == "True"


def ending_of(job: Object, tally: Tally, now: datetime) -> Ending | None:
    """How the Job ends, or None while it goes on. What was decided once stays."""
    status, spec = job.get("status") or {}, job["spec"]
    for known in (REACHED, TOO_LATE, TOO_OFTEN):
        condition = condition_of(status, known.target)
        if condition is not None and condition["reason"] == known.reason:
            return known
    if tally.failed + tally.restarts > int(spec.get("backoffLimit", 6)):
        return TOO_OFTEN
    left = seconds_left(job, now)
    if left is not None and left <= 0:
        return TOO_LATE
    completions = spec.get("completions")
    if completions is None:
        return REACHED if tally.succeeded and not tally.active else None
    return REACHED if tally.succeeded >= int(completions) else None


def seconds_left(job: Object, now: datetime) -> float | None:
    """Until spec.activeDeadlineSeconds; None without one."""
    deadline = job["spec"].get("activeDeadlineSeconds")
    started = parse_time((job.get("status") or {}).get("startTime"))
    if deadline is None or started is None:
        return None
    return (started + timedelta(seconds=int(deadline)) - now).total_seconds()


def condition(type_: str, ending: Ending, now: datetime) -> Object:
    return {
        "type": type_,
        "status": "True",
        "lastProbeTime": timestamp(now),
        "lastTransitionTime": timestamp(now),
        "reason": ending.reason,
        "message": ending.message,
    }


def with_ending(conditions: list[Object], type_: str, ending: Ending, now: datetime) -> list[Object]:
    if any(c["type"] == type_ for c in conditions):
        return conditions
    return [*conditions, condition(type_, ending, now)]
