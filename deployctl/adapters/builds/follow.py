"""Following a run to its end. `GET runs/{id}` is the truth; the log is shown as far as it can be had."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from deployctl.adapters.builds import calls
from deployctl.adapters.builds.failure import build_failed
from deployctl.adapters.builds.log import RunLog
from deployctl.adapters.builds.masking import masker
from deployctl.adapters.builds.refusals import ArmRefused
from deployctl.adapters.builds.state import RunState, parse_run
from deployctl.adapters.transport import Transport
from deployctl.model.errors import Interrupted, ReleaseFailed, Unavailable
from deployctl.model.image import Image
from deployctl.model.json import text
from deployctl.ports import BuildEvent, BuildLog, BuildOrder, BuildPulse, BuildResult, BuildState, Clock

if TYPE_CHECKING:
    from deployctl.adapters.builds.arm import Arm

KEPT = 400
"""Lines of the log that a failure is explained from."""
LAG = 10.0
"""Seconds that the log may lag behind a run that failed: its last lines say why. A success waits for nothing."""
LOST = 180.0
"""Seconds without any answer after which we stop following."""


class Follow:
    """One run, from Queued to its end. When it is left before that, the run is cancelled in Azure."""

    def __init__(
        self,
        arm: Arm,
        transport: Transport,
        clock: Clock,
        order: BuildOrder,
        *,
        resource: str,
        run: RunState,
        context: str,
        poll: float,
    ) -> None:
        self._arm = arm
        self._clock = clock
        self._order = order
        self._resource = resource
        self._state = run
        self._context = context
        self._poll = poll
        self._mask = masker(order.source)
        self._log = RunLog(transport, self._log_link)
        self._lines: deque[str] = deque(maxlen=KEPT)
        self._begun = self._answered = clock.monotonic()

    def events(self) -> Generator[BuildEvent, None, None]:
        """Ends with a BuildResult. Raises ReleaseFailed, Unavailable."""
        try:
            yield from self._until_done()
            yield from self._last_lines()
        except (KeyboardInterrupt, GeneratorExit):
            self._cancel_or_say()
            raise
        except BaseException:
            with suppress(Unavailable):
                self._cancel()
            raise
        yield self._result()

    def _until_done(self) -> Iterator[BuildEvent]:
        shown = ""
        while True:
            if self._state.done:
                return
            if self._state.status != shown:
                shown = self._state.status
                yield BuildState(shown, self._detail())
            yield from self._new_lines()
            self._check_deadline()
            self._clock.sleep(self._poll)
            yield BuildPulse()
            self._look()

    def _look(self) -> None:
        """The run as it is now. A lost connection is waited for; a refusal is not."""
        try:
            state = parse_run(self._arm.call(calls.get_run(self._resource, self._state.id)))
            self._state = replace(state, error=self._mask(state.error))
            self._answered = self._clock.monotonic()
        except ArmRefused as refused:
            if refused.status < 500 and refused.status != 429:
                raise
            self._check_lost(refused)
        except Unavailable as failure:
            self._check_lost(failure)

    def _check_lost(self, failure: Unavailable) -> None:
        if self._clock.monotonic() - self._answered > LOST:
            raise Unavailable(
                f"Azure has not answered for {LOST:g} s; the build may go on there",
                where=f"run {self._state.id}",
                evidence=(str(failure),),
                action=f"az acr task logs --registry {self._registry} --run-id {self._state.id}; then build again",
            ) from failure

    def _check_deadline(self) -> None:
        if self._clock.monotonic() - self._begun > self._order.timeout:
            step_lines = tuple(self._lines)[-10:]
            raise ReleaseFailed(
                f"the build {self._state.id} was still {self._state.status} after {self._order.timeout:g} s;"
                " it was cancelled",
                where=str(self._order.image),
                evidence=step_lines,
                action="raise `build` under [policies.deadlines], or make the build faster; if it queued, try again",
            )

    def _detail(self) -> str:
        state = self._state
        words = [f"run {state.id}"]
        if state.started and state.created:
            words.append(f"after {max(0.0, (state.started - state.created).total_seconds()):.0f} s in the queue")
        if state.agent:
            words.append(f"on {state.agent}")
        return ", ".join(words)

    def _new_lines(self) -> Iterator[BuildEvent]:
        for line in self._log.lines():
            yield self._shown(line)

    def _last_lines(self) -> Iterator[BuildEvent]:
        patience = 0.0 if self._state.status == "Succeeded" else LAG
        end, said = self._clock.monotonic() + patience, False
        self._log.ended()
        while True:
            yield from self._new_lines()
            if self._log.complete or self._clock.monotonic() >= end:
                break
            if not said:
                said = True
                yield BuildState(self._state.status, f"waiting up to {LAG:g} s for the end of its log")
            self._clock.sleep(self._poll)
            yield BuildPulse()
        for line in self._log.rest():
            yield self._shown(line)
        if self._log.trouble:
            yield BuildState(self._state.status, f"its log cannot be read: {self._log.trouble}")
        yield BuildState(self._state.status, self._detail())

    def _shown(self, line: str) -> BuildLog:
        masked = self._mask(line)
        self._lines.append(masked)
        return BuildLog(masked)

    def _result(self) -> BuildResult:
        image, state = self._order.image, self._state
        if state.status != "Succeeded":
            raise build_failed(state, str(image), tuple(self._lines))
        digest = state.digest_of(image)
        if not digest:
            raise ReleaseFailed(
                f"the build {state.id} says Succeeded but names no digest for the image",
                where=str(image),
                action=f"az acr task logs --registry {self._registry} --run-id {state.id}",
            )
        return BuildResult(Image(image.host, image.repository, image.tag, digest), state.id, self._context)

    @property
    def _registry(self) -> str:
        return self._resource.rpartition("/")[2]

    def _log_link(self) -> str:
        body = self._arm.call(calls.log_url(self._resource, self._state.id))
        return text(body, "logLink") or text(body, "logArtifactLink")

    def _cancel_or_say(self) -> None:
        try:
            self._cancel()
        except Unavailable as failure:
            raise Interrupted(
                f"the build {self._state.id} could not be cancelled: it may go on in Azure",
                where=str(self._order.image),
                evidence=(str(failure),),
                action=f"az acr task cancel-run --registry {self._registry} --run-id {self._state.id}",
            ) from failure

    def _cancel(self) -> None:
        if not self._state.done:
            self._arm.call(calls.cancel(self._resource, self._state.id))
