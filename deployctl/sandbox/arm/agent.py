"""The build agent: takes a run from Queued to its end, on the sandbox's clock."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deployctl.sandbox.arm.context import Context
from deployctl.sandbox.arm.inherit import behaviour_of_last
from deployctl.sandbox.arm.outcome import Line, Outcome, broken_off, decide
from deployctl.sandbox.arm.runs import COMPLETE, OutputImage, Run, Status
from deployctl.sandbox.arm.steps import Built
from deployctl.sandbox.contracts import Clock
from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.registry.errors import RegistryError
from deployctl.sandbox.registry.make import ImageSpec, make_image
from deployctl.sandbox.registry.registry import Registry

START_SECONDS = 0.5
"""From an agent's taking the run to its first line."""
STANDARD_VERSION = "org.opencontainers.image.version"


@dataclass(frozen=True)
class Pace:
    """How long a build takes, in seconds of sandbox time, and what every image is made of."""

    queued: float = 1.0
    seconds: float = 4.0
    size: int = 120 << 20
    labels: Mapping[str, str] | None = None


class BuildFailed(Exception):
    """The run ends as Failed, with this message."""


@dataclass(frozen=True)
class Agent:
    """Runs builds for one registry."""

    registry: Registry
    clock: Clock
    faults: FaultBoard
    pace: Pace

    async def work(self, run: Run, archive: bytes | None) -> None:
        """Until the run is final. Cancelling the task does not end the run: `cancel` does."""
        fault = self.faults.take("build-run", image=" ".join(run.request.images)) or {}
        await self.clock.sleep(float(fault.get("queued", self.pace.queued)))
        if not run.done:
            await self._take(run, archive, fault)

    async def _take(self, run: Run, archive: bytes | None, fault: Mapping[str, Any]) -> None:
        self._move(run, "Started")
        run.started = self.clock.now()
        await self.clock.sleep(START_SECONDS)
        log = self.faults.take("build-log", image=" ".join(run.request.images)) or {}
        shown = asyncio.ensure_future(self._show_log(run, log))
        try:
            if not run.done:
                await self._build(run, archive, fault)
        finally:
            await shown
        if "complete" in log:
            run.complete = str(log["complete"])

    async def _show_log(self, run: Run, fault: Mapping[str, Any]) -> None:
        await self.clock.sleep(float(fault.get("late", 0.0)))
        run.log_visible = not fault.get("missing", False)

    async def _build(self, run: Run, archive: bytes | None, fault: Mapping[str, Any]) -> None:
        self._move(run, "Running")
        run.write(self.clock.now(), "Downloading source code...")
        outcome = await asyncio.to_thread(decide, run.request, archive, self.registry.host)
        lines = broken_off(outcome.lines) if fault.get("status") else outcome.lines
        await self._tell(run, lines, float(fault.get("seconds", self.pace.seconds)))
        if not run.done:
            self._decreed(run, fault)
        if run.done:
            return
        try:
            self._push(run, outcome)
        except BuildFailed as failure:
            self._end(run, "Failed", str(failure))

    async def _tell(self, run: Run, lines: Sequence[Line], seconds: float) -> None:
        """The log as it grows while the build takes its time; the agent gives up at the run's timeout."""
        pause = min(seconds, run.request.timeout) / max(len(lines), 1)
        for line in lines:
            await self.clock.sleep(pause)
            if run.done:
                return
            run.write(self.clock.now() if line.stamped else None, line.text)
        if seconds > run.request.timeout:
            self._end(run, "Timeout", "failed during run, err: timed out")

    def _decreed(self, run: Run, fault: Mapping[str, Any]) -> None:
        """What a fault says of the end."""
        status = str(fault.get("status", ""))
        if not status:
            return
        run.write(None, *str(fault.get("log", "")).splitlines())
        final: Status = status if status in COMPLETE else "Error"  # type: ignore[assignment]  # checked right here
        self._end(run, final, str(fault.get("error", "failed during run, err: exit status 1")))

    def _push(self, run: Run, outcome: Outcome) -> None:
        if outcome.failure or outcome.context is None:
            raise BuildFailed(outcome.failure)
        outputs = []
        for name in run.request.images if run.request.push else ():
            repository, _, tag = name.rpartition(":")
            spec = self._spec(run, repository, outcome.built, outcome.context)
            run.write(self.clock.now(), f"Pushing image: {self.registry.host}/{name}, attempt 1")
            try:
                manifest = make_image(self.registry.storage, repository, tag, spec)
            except RegistryError as error:
                run.write(None, f"{error.code.lower()}: {error.message}")
                raise BuildFailed(f"failed to push image: {error.message}") from error
            run.write(None, f"{tag}: digest: {manifest.digest} size: {len(manifest.body)}")
            outputs.append(OutputImage(self.registry.host, repository, tag, self._told(name, manifest.digest)))
        run.outputs = tuple(outputs)
        self._end(run, "Succeeded", "")

    def _told(self, image: str, digest: str) -> str:
        lie = self.faults.take("build-digest", image=image)
        return str(lie.get("digest") or f"sha256:{'d' * 64}") if lie else digest

    def _spec(self, run: Run, repository: str, built: Built, context: Context) -> ImageSpec:
        labels = {
            **(self.pace.labels or {}),
            **behaviour_of_last(self.registry.storage, repository),
            **built.labels,
        }
        named = built.labels.get(STANDARD_VERSION) or built.env.get("APP_VERSION") or built.env.get("VERSION")
        labels.setdefault("sandbox.version", named or context.version())
        labels["sandbox.context"] = context.digest()
        return ImageSpec(
            size=self.pace.size,
            env=built.env,
            labels=labels,
            entrypoint=built.entrypoint,
            cmd=built.cmd,
            platforms=(f"{run.request.os}/{run.request.architecture}",),
            salt=f"{run.id} {run.created.isoformat()}",
            docker=True,
        )

    def _move(self, run: Run, status: Status) -> None:
        run.status, run.updated = status, self.clock.now()

    def cancel(self, run: Run) -> None:
        """End it now, unless it has ended."""
        if not run.done:
            self._end(run, "Canceled", "")

    def _end(self, run: Run, status: Status, error: str) -> None:
        self._move(run, status)
        run.finished, run.error, run.complete = self.clock.now(), error, COMPLETE[status]
        began = run.started or run.created
        took = (run.finished - began).total_seconds()
        words = {"Succeeded": f"was successful after {took:.0f}s", "Canceled": f"was canceled after {took:.0f}s"}
        told = words.get(status, f"failed after {took:.0f}s. Error: {error}")
        run.write(None, "", f"Run ID: {run.id} {told}")
