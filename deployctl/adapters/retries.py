"""Every retry policy in one place. What may be tried again is said by raising Transient; how often is said here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import tenacity

from deployctl.model.errors import DeployError
from deployctl.ports import Clock

T = TypeVar("T")


class Transient(Exception):
    """A failure after which the same call may simply be made again. `error` is what is raised when no try is left."""

    def __init__(self, error: DeployError, retry_after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after = retry_after
        """Seconds that the server asked us to wait."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often, and how long between two tries: doubling from `first` to `longest` seconds, with up to half more by
    chance. No try starts later than `budget` seconds after the first, whatever a server asks for."""

    attempts: int
    first: float
    longest: float
    budget: float


API_SERVER = RetryPolicy(attempts=5, first=0.2, longest=4.0, budget=30.0)
"""Kubernetes: a restarted API server is back in a few seconds, throttling asks for one second."""

REGISTRY = RetryPolicy(attempts=4, first=0.5, longest=8.0, budget=60.0)
"""Registries and blob stores: throttling may ask for several seconds, a dropped connection for none."""

POLLED = RetryPolicy(attempts=2, first=0.2, longest=0.2, budget=2.0)
"""What is looked at every second anyway, and may be missed: the log of a build."""

LAST_LOOK = RetryPolicy(attempts=4, first=0.2, longest=0.4, budget=4.0)
"""The same, once the build has ended: what is missed now is never shown."""

CONFLICT = RetryPolicy(attempts=8, first=0.05, longest=1.0, budget=15.0)
"""A 409 on an object that controllers write too: read again, decide again, write again."""

NEW_KIND = RetryPolicy(attempts=60, first=0.05, longest=0.5, budget=20.0)
"""A CustomResourceDefinition is served within a second, a little later on each of several API servers."""


def retrying(policy: RetryPolicy, clock: Clock, call: Callable[[], T]) -> T:
    """The call's result. Raises the `error` of the last Transient; everything else passes through at once."""
    started = clock.monotonic()
    pause = tenacity.wait_exponential(multiplier=policy.first, max=policy.longest)
    jitter = tenacity.wait_random(0, 0.5)

    def wait(state: tenacity.RetryCallState) -> float:
        own = pause(state) * (1 + jitter(state))
        return max(own, _asked(state) or 0.0)

    def stop(state: tenacity.RetryCallState) -> bool:
        too_late = clock.monotonic() - started + wait(state) > policy.budget
        return state.attempt_number >= policy.attempts or too_late

    tries = tenacity.Retrying(
        sleep=clock.sleep, wait=wait, stop=stop, retry=tenacity.retry_if_exception_type(Transient), reraise=True
    )
    try:
        return tries(call)
    except Transient as last:
        raise last.error from last.__cause__


def _asked(state: tenacity.RetryCallState) -> float | None:
    failure = state.outcome.exception() if state.outcome else None
    return failure.retry_after if isinstance(failure, Transient) else None


def retry_after(header: str, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, which may be a number or a date (RFC 9110, 10.2.3)."""
    if header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - now).total_seconds())
    except (ValueError, TypeError):
        return None
