"""The lock of an environment, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from deployctl.model.json import Json
from deployctl.ports import Clock, LeaseState

SECONDS = 30
OWNER = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "name": "deployctl-prod", "uid": "lease-1"}


class FakeLeases:
    """Held until it is given back or `SECONDS` have passed by its clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._state: LeaseState | None = None

    def acquire(self, holder: str, phase: str) -> LeaseState | None:
        held = self.holder()
        if held is not None and held.holder != holder:
            return held
        now = self._clock.now()
        self._state = LeaseState(holder, phase, held.acquired if held else now, now, SECONDS)
        return None

    def renew(self, holder: str, phase: str) -> bool:
        if self._state is None or self._state.holder != holder:
            return False
        self._state = replace(self._state, phase=phase, renewed=self._clock.now())
        return True

    def holder(self) -> LeaseState | None:
        state = self._state
        expired = state is not None and self._clock.now() >= state.renewed + timedelta(seconds=state.seconds)
        return None if expired else state

    def as_owner(self) -> Json:
        return OWNER

    def release(self, holder: str) -> None:
        if self._state is not None and self._state.holder == holder:
            self._state = None

    def taken_over_by(self, holder: str) -> None:
        """As if this one had run out and somebody else had come."""
        now = self._clock.now()
        self._state = LeaseState(holder, "apply", now, now, SECONDS)
