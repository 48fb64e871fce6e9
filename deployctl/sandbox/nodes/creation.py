"""What a container is created from: variables, user, command, behaviour; and what forbids it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deployctl.sandbox.controllers.kit.meta import name_of, namespace_of, uid_of
from deployctl.sandbox.controllers.kit.requests import amounts
from deployctl.sandbox.nodes.behaviour import Behaviour, changed, parse_behaviour
from deployctl.sandbox.nodes.containers import ContainerRecord
from deployctl.sandbox.nodes.environment import ConfigError, container_env
from deployctl.sandbox.nodes.faults import about_pod
from deployctl.sandbox.nodes.images import StoredImage
from deployctl.sandbox.nodes.machine import log
from deployctl.sandbox.nodes.pod_context import PodContext
from deployctl.sandbox.nodes.programs.launch import check, command_of, executables, launch
from deployctl.sandbox.nodes.programs.process import Process, Surroundings
from deployctl.sandbox.nodes.puller import NotYet

_BROKEN = 'failed to generate container "app" spec: failed to generate spec: no command specified'


def restart_policy(context: PodContext, record: ContainerRecord) -> str:
    """Always, OnFailure or Never, for this container: sidecars always, init containers never after success."""
    if record.sidecar:
        return "Always"
    policy = str(context.pod["spec"].get("restartPolicy") or "Always")
    return "OnFailure" if record.init and policy == "Always" else policy


class Creation:
    """Of one container, each time it is started."""

    def __init__(self, context: PodContext, record: ContainerRecord) -> None:
        self._context, self._record, self._machine = context, record, context.machine

    @property
    def where(self) -> str:
        """The pod as kubelets name it in messages."""
        pod = self._context.pod
        return f"{name_of(pod)}_{namespace_of(pod)}({uid_of(pod)})"

    def environment(self, image: StoredImage) -> dict[str, str]:
        """Raises NotYet while something that the variables come from is missing, or a fault or a label forbids it."""
        fault = self._machine.strike("container-error", about_pod(self._context.pod, self._record.spec))
        if fault is not None:
            raise self._refused(
                str(fault.get("reason") or "CreateContainerError"), str(fault.get("message") or _BROKEN)
            )
        try:
            self._check_user(parse_behaviour(image.config.labels))
            return container_env(self._context.pod, self._record.spec, self._machine.surroundings())
        except ConfigError as error:
            raise self._refused("CreateContainerConfigError", str(error)) from error
        except ValueError as error:
            raise self._refused("CreateContainerError", str(error)) from error

    def _check_user(self, behaviour: Behaviour) -> None:
        """Raises ConfigError for root where `runAsNonRoot` forbids it; a user that nobody named is given credit."""
        both = (self._record.spec.get("securityContext") or {}, self._context.pod["spec"].get("securityContext") or {})
        if not _first_of(both, "runAsNonRoot"):
            return
        which = f'(pod: "{self.where}", container: {self._record.name})'
        user = _first_of(both, "runAsUser")
        if user == 0:
            raise ConfigError(f"container's runAsUser breaks non-root policy {which}")
        if user is None and behaviour.user in ("root", "0"):
            raise ConfigError(f"container has runAsNonRoot and image will run as root {which}")

    def _refused(self, reason: str, message: str) -> NotYet:
        self._machine.events.warning(self._context.pod, "Failed", f"Error: {message}", self._record.field_path)
        return NotYet(reason, message)

    def launch(self, image: StoredImage, env: dict[str, str]) -> Process:
        """The process, not yet running. Raises StartError."""
        base = parse_behaviour(image.config.labels)
        env = {**image.config.env, **env}
        command = command_of(self._record.spec, image, env)
        check(command, base, image)
        limits = amounts((self._record.spec.get("resources") or {}).get("limits"))
        around = Surroundings(
            clock=self._machine.clock,
            env=env,
            logs=self._record.logs,
            memory_limit=limits.get("memory"),
            behaviour=self._behaviour(base),
            reaches=self._context.reaches,
            binaries=executables(base, image) if base.binaries is not None else None,
            runs_for_ever=restart_policy(self._context, self._record) == "Always"
            and (not self._record.init or self._record.sidecar),
            task_seconds=self._machine.timings.task,
            kill_seconds=self._machine.timings.kill,
        )
        return launch(command, around)

    def _behaviour(self, base: Behaviour) -> Callable[[], Behaviour]:
        def now() -> Behaviour:
            result = base
            subject = about_pod(self._context.pod, self._record.spec)
            for fault in self._machine.concerning("app", subject):
                result = _changed_if_valid(result, fault)
            if self._machine.concerning("hang-termination", subject):
                result = changed(result, {"ignores_sigterm": True})
            return result

        return now


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
