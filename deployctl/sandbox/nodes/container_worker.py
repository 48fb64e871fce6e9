"""The life of one container: created, started, ended, and back again after a pause."""

from __future__ import annotations

import asyncio
import secrets
from itertools import pairwise
from typing import Any

from deployctl.sandbox.controllers.kit.meta import name_of
from deployctl.sandbox.nodes.backoff import Backoff, go_duration
from deployctl.sandbox.nodes.containers import ContainerRecord, Running, Terminated, Waiting
from deployctl.sandbox.nodes.creation import Creation, restart_policy
from deployctl.sandbox.nodes.images import StoredImage
from deployctl.sandbox.nodes.logs import LogBuffer
from deployctl.sandbox.nodes.pod_context import PodContext
from deployctl.sandbox.nodes.probes import Prober
from deployctl.sandbox.nodes.programs.launch import StartError
from deployctl.sandbox.nodes.programs.process import Exit, Process
from deployctl.sandbox.nodes.puller import NotYet

START_ERROR_CODE = 128


class ContainerWorker:
    """Runs until the container will not be started again; `stop` ends it for good."""

    def __init__(self, context: PodContext, record: ContainerRecord) -> None:
        self.context, self.record = context, record
        self.machine, self.clock, self.timings = context.machine, context.machine.clock, context.machine.timings
        self._creation = Creation(context, record)
        self._backoff = Backoff(*self.timings.crash_backoff)
        self._stopping = self._tried = self._failed_probe = False
        self._ending: asyncio.Task[Any] | None = None
        self.started = asyncio.Event()
        """Set while the container counts as started (its startup probe, if any, has succeeded)."""

    async def run(self) -> None:
        await self._run_once()
        while not self._stopping and self._restarts():
            await self._pause()
            await self._run_once()

    async def stop(self, grace: float, message: str = "") -> None:
        """Kill the process, with its grace period; nothing is started afterwards."""
        self._stopping = True
        if self.record.process is not None:
            await self._end_process(grace, message)

    def fail(self, message: str, grace: float) -> None:
        """A probe has given the container up: kill it; the restart policy decides what follows."""
        if self.record.process is not None and self._ending is None:
            self._failed_probe = True
            self._ending = self.context.tasks.start(self._end_process(grace, message), f"restart {self.record.name}")

    async def _run_once(self) -> None:
        image, env = await self._prepare()
        await self.clock.sleep(self.timings.create)
        record = self.record
        if record.container_id:
            record.restarts += 1
            record.previous_logs, record.logs = record.logs, LogBuffer()
        record.container_id = f"containerd://{secrets.token_hex(32)}"
        record.image, record.image_id = str(image.reference), image.image_id
        self._say("Created", "Container created")
        try:
            process = self._creation.launch(image, env)
        except StartError as error:
            self._could_not_start(str(error))
            return
        await self.clock.sleep(self.timings.start + self.machine.spread(name_of(self.context.pod)))
        self._ended(process, await self._live(process))

    async def _prepare(self) -> tuple[StoredImage, dict[str, str]]:
        """Image and variables, tried once a sync; a failure shows with the next sync, as a kubelet's does."""
        while True:
            try:
                image = await self.context.puller.ensure(self.record)
                return image, self._creation.environment(image)
            except NotYet as waiting:
                await self.clock.sleep(self.timings.retry_sync if self._tried else self.timings.next_sync)
                self._tried = True
                self._wait_with(waiting.reason, waiting.message)

    async def _live(self, process: Process) -> Exit:
        record = self.record
        record.process, record.state = process, Running(self.clock.now())
        record.started = "startupProbe" not in record.spec
        waits = "readinessProbe" in record.spec or (record.init and not record.sidecar)
        record.ready = record.started and not waits
        if record.started:
            self.started.set()
        self._say("Started", "Container started")
        self.context.publish()
        prober = Prober(self)
        prober.start()
        try:
            return await process.run()
        finally:
            await prober.stop()
            record.process = None
            self._ending = None
            self.context.process_ended()

    def _ended(self, process: Process, exit_: Exit) -> None:
        record = self.record
        record.ready = record.started = False
        self.started.clear()
        record.state = Terminated(
            exit_.code,
            exit_.word,
            self.clock.now(),
            process.started,
            message=self._last_words(exit_),
            container_id=record.container_id,
        )
        if record.init and not record.sidecar and exit_.code == 0:
            record.ready = True
        self.context.publish()

    def _last_words(self, exit_: Exit) -> str:
        """The end of the log, for a container that asks for it with FallbackToLogsOnError."""
        if exit_.code == 0 or self.record.spec.get("terminationMessagePolicy") != "FallbackToLogsOnError":
            return ""
        return "\n".join(line for _, line in self.record.logs.lines()[-80:])[-2048:]

    def _could_not_start(self, message: str) -> None:
        record = self.record
        self._warn("Failed", f"Error: {message}")
        ended = Terminated(
            START_ERROR_CODE, "StartError", self.clock.now(), message=message, container_id=record.container_id
        )
        if restart_policy(self.context, self.record) == "Never":
            record.state = ended
        else:
            record.last, record.state = ended, Waiting("RunContainerError", message)
        self.context.publish()

    def _restarts(self) -> bool:
        policy = restart_policy(self.context, self.record)
        return policy == "Always" or (policy == "OnFailure" and not self.record.succeeded)

    async def _pause(self) -> None:
        """Until the restart: at once after the first end, then for ever longer.

        The back-off shows with the sync after the one that found it, so that a short one hardly shows at all.
        """
        record, ended_at = self.record, self.clock.monotonic()
        ended, quick = record.state, self._failed_probe
        self._failed_probe = False
        await self.clock.sleep(self.timings.restart)
        next_sync = self.timings.restart if quick else self.timings.retry_sync
        while (left := self._backoff.left(ended_at, self.clock.monotonic())) > 0:
            where = self._creation.where
            self._warn("BackOff", f"Back-off restarting failed container {record.name} in pod {where}")
            if isinstance(record.state, Terminated):
                await self.clock.sleep(next_sync)
            if isinstance(ended, Terminated):
                record.last = ended
            words = (
                f"back-off {go_duration(self._backoff.current)} restarting failed container={record.name} pod={where}"
            )
            self._wait_with("CrashLoopBackOff", words)
            left = self._backoff.left(ended_at, self.clock.monotonic())
            await self.clock.sleep(min(left, self.timings.retry_sync))
        if isinstance(ended, Terminated):
            record.last = ended
        self._backoff.next(ended_at)

    async def _end_process(self, grace: float, message: str) -> None:
        """Killing event, preStop, SIGTERM, and SIGKILL when the grace period is over."""
        process = self.record.process
        if process is None:
            return
        self._say("Killing", message or f"Stopping container {self.record.name}")
        began = self.clock.monotonic()
        await self._pre_stop(grace)
        process.terminate()
        left = max(2.0, grace - (self.clock.monotonic() - began)) if grace > 0 else 0.0
        if not await self.context.gone(self.record, process, left):
            process.kill()
            await self.context.gone(self.record, process, None)

    async def _pre_stop(self, grace: float) -> None:
        hook = (self.record.spec.get("lifecycle") or {}).get("preStop")
        if not hook or grace <= 0:
            return
        seconds = _hook_seconds(hook)
        await self.clock.sleep(min(seconds, grace))

    def _wait_with(self, reason: str, message: str) -> None:
        self.record.state = Waiting(reason, message)
        self.context.publish()

    def _say(self, reason: str, message: str) -> None:
        self.machine.events.normal(self.context.pod, reason, message, self.record.field_path)

    def _warn(self, reason: str, message: str) -> None:
        self.machine.events.warning(self.context.pod, reason, message, self.record.field_path)


def _hook_seconds(hook: dict[str, Any]) -> float:
    """How long a preStop hook takes: its sleep, or the `sleep N` in its command."""
    if "sleep" in hook:
        return float(hook["sleep"]["seconds"])
    words = " ".join((hook.get("exec") or {}).get("command") or ()).replace(";", " ").split()
    for word, following in pairwise(words):
        if word.rsplit("/", 1)[-1] == "sleep" and following.replace(".", "", 1).isdigit():
            return float(following)
    return 0.0
