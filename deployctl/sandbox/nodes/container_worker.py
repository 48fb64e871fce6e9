"""The life of one container: image, configuration, start, end, and back again after a pause."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from deployctl.sandbox.controllers.kit.meta import name_of, namespace_of, uid_of
from deployctl.sandbox.controllers.kit.requests import amounts
from deployctl.sandbox.nodes.backoff import Backoff, go_duration
from deployctl.sandbox.nodes.behaviour import Behaviour, changed, parse_behaviour
from deployctl.sandbox.nodes.containers import ContainerRecord, Running, Terminated, Waiting
from deployctl.sandbox.nodes.environment import ConfigError, container_env
from deployctl.sandbox.nodes.faults import about_pod
from deployctl.sandbox.nodes.images import StoredImage
from deployctl.sandbox.nodes.logs import LogBuffer
from deployctl.sandbox.nodes.machine import log
from deployctl.sandbox.nodes.pod_context import PodContext
from deployctl.sandbox.nodes.probes import Prober
from deployctl.sandbox.nodes.programs.launch import StartError, check, command_of, executables, launch
from deployctl.sandbox.nodes.programs.process import Exit, Process, Surroundings
from deployctl.sandbox.nodes.puller import NotYet

START_ERROR_CODE = 128
_BROKEN = 'failed to generate container "app" spec: failed to generate spec: no command specified'


class ContainerWorker:
    """Runs until the container will not be started again; `stop` ends it for good."""

    def __init__(self, context: PodContext, record: ContainerRecord) -> None:
        self.context, self.record = context, record
        self.machine, self.clock, self.timings = context.machine, context.machine.clock, context.machine.timings
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
            process = self._launch(image, env)
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
                return image, self._environment(image)
            except NotYet as waiting:
                await self.clock.sleep(self.timings.retry_sync if self._tried else self.timings.next_sync)
                self._tried = True
                self._wait_with(waiting.reason, waiting.message)

    def _environment(self, image: StoredImage) -> dict[str, str]:
        """Raises NotYet while something that the variables come from is missing, or a fault or a label forbids it."""
        fault = self.machine.strike("container-error", about_pod(self.context.pod, self.record.spec))
        if fault is not None:
            raise self._refused(
                str(fault.get("reason") or "CreateContainerError"), str(fault.get("message") or _BROKEN)
            )
        try:
            self._check_user(parse_behaviour(image.config.labels))
            return container_env(self.context.pod, self.record.spec, self.machine.surroundings())
        except ConfigError as error:
            raise self._refused("CreateContainerConfigError", str(error)) from error
        except ValueError as error:
            raise self._refused("CreateContainerError", str(error)) from error

    def _check_user(self, behaviour: Behaviour) -> None:
        """Raises ConfigError for root where `runAsNonRoot` forbids it; a user that nobody named is given credit."""
        both = (self.record.spec.get("securityContext") or {}, self.context.pod["spec"].get("securityContext") or {})
        if not _first_of(both, "runAsNonRoot"):
            return
        which = f'(pod: "{self._where()}", container: {self.record.name})'
        user = _first_of(both, "runAsUser")
        if user == 0:
            raise ConfigError(f"container's runAsUser breaks non-root policy {which}")
        if user is None and behaviour.user in ("root", "0"):
            raise ConfigError(f"container has runAsNonRoot and image will run as root {which}")

    def _refused(self, reason: str, message: str) -> NotYet:
        self._warn("Failed", f"Error: {message}")
        return NotYet(reason, message)

    def _launch(self, image: StoredImage, env: dict[str, str]) -> Process:
        """Raises StartError."""
        base = parse_behaviour(image.config.labels)
        env = {**image.config.env, **env}
        command = command_of(self.record.spec, image, env)
        check(command, base, image)
        limits = amounts((self.record.spec.get("resources") or {}).get("limits"))
        around = Surroundings(
            clock=self.clock,
            env=env,
            logs=self.record.logs,
            memory_limit=limits.get("memory"),
            behaviour=self._behaviour(base),
            reaches=self.context.reaches,
            binaries=executables(base, image) if base.binaries is not None else None,
            runs_for_ever=self._policy() == "Always" and (not self.record.init or self.record.sidecar),
            task_seconds=self.timings.task,
            kill_seconds=self.timings.kill,
        )
        return launch(command, around)

    def _behaviour(self, base: Behaviour) -> Callable[[], Behaviour]:
        def now() -> Behaviour:
            result = base
            subject = about_pod(self.context.pod, self.record.spec)
            for fault in self.machine.concerning("app", subject):
                result = _changed_if_valid(result, fault)
            if self.machine.concerning("hang-termination", subject):
                result = changed(result, {"ignores_sigterm": True})
            return result

        return now

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
        if self._policy() == "Never":
            record.state = ended
        else:
            record.last, record.state = ended, Waiting("RunContainerError", message)
        self.context.publish()

    def _policy(self) -> str:
        if self.record.sidecar:
            return "Always"
        policy = str(self.context.pod["spec"].get("restartPolicy") or "Always")
        return "OnFailure" if self.record.init and policy == "Always" else policy

    def _restarts(self) -> bool:
        policy = self._policy()
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
            where = self._where()
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

    def _where(self) -> str:
        pod = self.context.pod
        return f"{name_of(pod)}_{namespace_of(pod)}({uid_of(pod)})"

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


def _first_of(contexts: tuple[Mapping[str, Any], ...], name: str) -> Any:
    """The container's own setting, else the pod's."""
    return next((context[name] for context in contexts if context.get(name) is not None), None)


def _changed_if_valid(behaviour: Behaviour, fault: Mapping[str, Any]) -> Behaviour:
    """A fault whose values mean nothing changes nothing; the log says so."""
    try:
        return changed(behaviour, fault)
    except ValueError as error:
        log.warning("a fault of kind app is passed over: %s", error)
        return behaviour


def _hook_seconds(hook: dict[str, Any]) -> float:
    """How long a preStop hook takes: its sleep, or the `sleep N` in its command."""
    if "sleep" in hook:
        return float(hook["sleep"]["seconds"])
    words = " ".join((hook.get("exec") or {}).get("command") or ()).replace(";", " ").split()
    for word, following in pairwise(words):
        if word.rsplit("/", 1)[-1] == "sleep" and following.replace(".", "", 1).isdigit():
            return float(following)
    return 0.0
