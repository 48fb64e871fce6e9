"""The image's own program: starts, serves, degrades, crashes and stops as its behaviour says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deployctl.sandbox.contracts import Answer
from deployctl.sandbox.nodes.behaviour import Behaviour, Dependency
from deployctl.sandbox.nodes.programs.answers import answer
from deployctl.sandbox.nodes.programs.process import OOM_KILLED, Exit, Process, Surroundings
from deployctl.sandbox.nodes.waiting import happens

OOM_AT = 0.3
"""Seconds after which a program that needs more than its limit is killed."""
GIVE_UP_AT = 3.0
"""Seconds that a program tries to reach a dependency it cannot live without."""
LOOK_AGAIN = 5.0
HANG_SECONDS = 3600.0


class Application(Process):
    """`task` programs end by themselves, others serve until they are stopped."""

    def __init__(self, around: Surroundings, *, task: bool = False) -> None:
        super().__init__(around)
        self._task = task
        self._served = False

    async def body(self) -> Exit:
        missing = missing_variable(self.around.behaviour(), self.around.env)
        if missing:
            self._log_key_error(missing)
            return Exit(1)
        while True:
            behaviour = self.around.behaviour()
            due = sorted(self._events(behaviour), key=lambda event: event[0])
            if due and due[0][0] <= self.age:
                return self._end(behaviour, due[0][1])
            self._serve(behaviour)
            await self._until(behaviour, due[0][0] if due else None)

    async def _until(self, behaviour: Behaviour, due: float | None) -> None:
        """Wait for what comes next: an end, the start of serving, a look at dependencies, a signal, a changed fault."""
        moments = [] if due is None else [due - self.age]
        if self.age < behaviour.startup_seconds:
            moments.append(behaviour.startup_seconds - self.age)
        if behaviour.dependencies and behaviour.without_dependencies == "crash":
            moments.append(LOOK_AGAIN)
        self.changed.clear()
        await happens(self.around.clock, self.changed, max(0.001, min(moments)) if moments else None)

    def _events(self, behaviour: Behaviour) -> Iterator[tuple[float, Exit]]:
        """When, in seconds of age, the program will end, and how."""
        limit = self.around.memory_limit
        if behaviour.exit_code is not None:
            yield 0.0, Exit(behaviour.exit_code)
        if limit is not None and behaviour.memory > limit:
            yield OOM_AT, OOM_KILLED
        if behaviour.oom_after is not None:
            yield behaviour.oom_after, OOM_KILLED
        if behaviour.crash_after is not None:
            yield behaviour.crash_after, Exit(behaviour.crash_code)
        if behaviour.run_seconds is not None or self._task:
            yield self._run_seconds(behaviour), Exit(0)
        if self.terminated_at is not None and not behaviour.ignores_sigterm:
            yield self.terminated_at - self.began + behaviour.shutdown_seconds, Exit(0)
        if behaviour.without_dependencies == "crash" and self._unreachable(behaviour):
            yield max(GIVE_UP_AT, behaviour.startup_seconds), Exit(1)

    def _run_seconds(self, behaviour: Behaviour) -> float:
        return behaviour.run_seconds if behaviour.run_seconds is not None else self.around.task_seconds

    def _end(self, behaviour: Behaviour, exit_: Exit) -> Exit:
        unreachable = self._unreachable(behaviour) if behaviour.without_dependencies == "crash" else []
        if exit_.code == 1 and unreachable:
            lost = unreachable[0]
            self.around.log(f"ConnectionError: {lost.host}:{lost.port}: cannot reach {lost.name}, giving up")
        elif exit_.reason != OOM_KILLED.reason and exit_.code != 0:
            for line in behaviour.log or (f"fatal: exiting with status {exit_.code}",):
                self.around.log(line)
        return exit_

    def _serve(self, behaviour: Behaviour) -> None:
        if self._served or self.age < behaviour.startup_seconds:
            return
        self._served = True
        for line in behaviour.log or ():
            self.around.log(line)
        if not self._task and behaviour.log is None:
            ports = ", ".join(str(port) for port in behaviour.ports or ())
            self.around.log(f"INFO: Application startup complete{f', listening on {ports}' if ports else ''}")

    def _log_key_error(self, name: str) -> None:
        self.around.log("Traceback (most recent call last):")
        self.around.log('  File "/app/main.py", line 1, in <module>')
        self.around.log(f"KeyError: '{name}'")

    def _unreachable(self, behaviour: Behaviour) -> list[Dependency]:
        return [d for d in behaviour.dependencies if not self.around.reaches(d.host, d.port)]

    def listens(self, port: int) -> bool:
        behaviour = self.around.behaviour()
        open_ = behaviour.ports is None or port in behaviour.ports
        return open_ and not self._task and self.age >= behaviour.startup_seconds

    async def request(self, method: str, path: str) -> Answer:
        behaviour = self.around.behaviour()
        if behaviour.hangs:
            await self.around.clock.sleep(HANG_SECONDS)
            raise TimeoutError
        if behaviour.response_seconds:
            await self.around.clock.sleep(behaviour.response_seconds)
        return answer(behaviour, self.around.env, self.around.reaches, method, path)

    def memory(self) -> int:
        limit = self.around.memory_limit
        used = self.around.behaviour().memory
        return used if limit is None else min(used, limit)

    def cpu(self) -> int:
        return self.around.behaviour().cpu


def missing_variable(behaviour: Behaviour, env: Mapping[str, str]) -> str:
    """The first required variable that is not set; "" when all are."""
    return next((name for name in behaviour.required_env if name not in env), "")
