"""Several pieces of work at once, their events as one stream; interrupted together, none left behind."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from deployctl.model.errors import DeployError, Interrupted, Refused, ReleaseFailed, Unavailable, UsageError
from deployctl.model.event import RunEvent

Leave = Callable[[], bool]
"""Whether the work is to be left; asked whenever it can be."""
Piece = Callable[[Leave], Generator[RunEvent, None, None]]
PARTING = 45.0
"""Seconds that interrupted work is waited for: it may have to cancel what it began elsewhere, over a slow network."""


def stay() -> bool:
    """Work in the main thread is interrupted by the signal itself."""
    return False


@dataclass(frozen=True)
class _Ended:
    failure: BaseException | None


class _Team:
    """The pieces' threads. They are daemons: a second Ctrl-C waits for nobody."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._said: queue.SimpleQueue[RunEvent | _Ended] = queue.SimpleQueue()
        self._leave = threading.Event()
        self._end = 0.0
        self.working = len(pieces)
        self.failures: list[BaseException] = []
        for piece in pieces:
            threading.Thread(target=self._work, args=(piece,), daemon=True).start()

    def leave(self) -> None:
        if not self._leave.is_set():
            self._end = time.monotonic() + PARTING
            self._leave.set()

    def next(self) -> RunEvent | None:
        """The next event; None when a piece has ended, or when nobody waits any longer."""
        left = max(0.0, self._end - time.monotonic()) if self._leave.is_set() else None
        try:
            said = self._said.get(timeout=left)
        except queue.Empty:
            self.working = 0
            self.failures.append(
                Interrupted(
                    f"a build did not end within {PARTING:g} s and may go on in Azure",
                    action="az acr task list-runs --registry NAME; az acr task cancel-run --run-id ID",
                )
            )
            return None
        if not isinstance(said, _Ended):
            return said
        self.working -= 1
        if said.failure is not None:
            self.failures.append(said.failure)
        return None

    def _work(self, piece: Piece) -> None:
        failure: BaseException | None = None
        try:
            for event in piece(self._leave.is_set):
                self._said.put(event)
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
            failure = error
        self._said.put(_Ended(failure))


def side_by_side(pieces: Sequence[Piece]) -> Generator[RunEvent, None, None]:
    """All pieces' events as they come. When one fails the others go on to their end, for what they make is wanted at
    the next try; then the first failure is raised, with the others as evidence. An interruption leaves all of them."""
    if len(pieces) == 1:
        yield from pieces[0](stay)
        return
    team, interrupt = _Team(pieces), None
    try:
        while team.working:
            try:
                event = team.next()
                if event is not None:
                    yield event
            except KeyboardInterrupt as pressed:
                if interrupt is not None:
                    raise
                interrupt = pressed
                team.leave()
    finally:
        team.leave()
        while team.working:
            team.next()
    _raise(team.failures, interrupt)


def _raise(failures: list[BaseException], interrupt: KeyboardInterrupt | None) -> None:
    said = next((one for one in failures if isinstance(one, Interrupted)), None)
    if interrupt is not None:
        raise said or interrupt
    bugs = [one for one in failures if not isinstance(one, DeployError)]
    if bugs:
        raise bugs[0]
    problems = [one for one in failures if isinstance(one, DeployError)]
    if not problems:
        return
    first, *others = problems
    if not others:
        raise first
    told = first.problem
    also = tuple(f"also: {one.problem.where}: {one.problem.what}" for one in others)
    kind = next(kind for kind in (UsageError, Refused, Unavailable, DeployError) if isinstance(first, kind))
    raise (ReleaseFailed if kind is DeployError else kind)(
        told.what, where=told.where, evidence=(*told.evidence, *also), action=told.action, incident=told.incident
    ) from first
