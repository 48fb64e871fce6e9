"""The environment's lock while a release runs: a lease, renewed in the background, given back whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from deployctl.engine.target import Target
from deployctl.model.errors import DeployError, LockHeld, ReleaseFailed

RENEW = 8.0
"""Seconds between two renewals; a lease lives about four of them."""


class Lock:
    """A held lease. `phase` is what others are shown while they wait."""

    def __init__(self) -> None:
        self.phase = "observe"
        self.lost = False

    def insist(self) -> None:
        """Raises ReleaseFailed once somebody else has taken the lease over."""
        if self.lost:
            raise ReleaseFailed(
                "the environment's lock was lost to somebody else while the release ran",
                action="see who releases: deployctl status; then run the release again, it goes on where it stands",
            )


@contextmanager
def held(target: Target) -> Iterator[Lock]:
    """Hold the environment's lease. Raises LockHeld naming the holder, what it does and since when."""
    state = target.ports.leases.acquire(target.who, "observe")
    if state is not None:
        raise LockHeld(
            f"{state.holder} is releasing to {target.environment.name} since {state.acquired:%H:%M:%S} UTC",
            where=f"lease in {target.environment.namespace}",
            evidence=(f"phase {state.phase}", f"last renewed {state.renewed:%H:%M:%S} UTC"),
            action=f"wait; if the holder is gone, the lock frees itself {state.seconds} s after its last renewal",
        )
    lock, stop = Lock(), threading.Event()
    thread = threading.Thread(target=_renew, args=(target, lock, stop), name="lease", daemon=True)
    thread.start()
    try:
        yield lock
    finally:
        stop.set()
        thread.join(timeout=target.environment.policies.deadlines.request)
        if not lock.lost:
            target.ports.leases.release(target.who)


def _renew(target: Target, lock: Lock, stop: threading.Event) -> None:
    while not stop.wait(RENEW):
        try:
            lock.lost = not target.ports.leases.renew(target.who, lock.phase)
        except DeployError:
            continue  # the API server may be away for a moment; the next renewal finds out who holds the lease
        if lock.lost:
            return
