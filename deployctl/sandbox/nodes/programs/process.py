"""A running process: signals, its end, and what it writes. What it does is its body's affair."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from deployctl.sandbox.contracts import Answer, Clock
from deployctl.sandbox.nodes.behaviour import Behaviour
from deployctl.sandbox.nodes.logs import LogBuffer
from deployctl.sandbox.nodes.waiting import first

SIGKILLED = 137


@dataclass(frozen=True)
class Exit:
    """How a process ended; `reason` as a kubelet words it."""

    code: int
    reason: str = ""

    @property
    def word(self) -> str:
        return self.reason or ("Completed" if self.code == 0 else "Error")


OOM_KILLED = Exit(SIGKILLED, "OOMKilled")


@dataclass(frozen=True)
class Surroundings:
    """What a process sees of its container."""

    clock: Clock
    env: Mapping[str, str]
    logs: LogBuffer
    memory_limit: int | None
    """Bytes; None without a limit."""
    behaviour: Callable[[], Behaviour]
    """As it is now: faults may change it at any time."""
    reaches: Callable[[str, int], bool]
    """Whether something answers at a host name and port, as seen from the pod's namespace."""
    binaries: frozenset[str] | None
    """What can be executed; None when nobody said."""
    runs_for_ever: bool
    """A container that is meant to keep running, rather than a task."""
    task_seconds: float
    kill_seconds: float

    def log(self, line: str) -> None:
        self.logs.write(self.clock.now(), line)


class Process(ABC):
    """One container's main process."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.started: datetime = around.clock.now()
        self.began = around.clock.monotonic()
        self.terminated_at: float | None = None
        self.changed = asyncio.Event()
        self._killed = asyncio.Event()
        self._exit: Exit | None = None

    @property
    def age(self) -> float:
        return self.around.clock.monotonic() - self.began

    async def run(self) -> Exit:
        """Live until the end."""
        await first(self._live(), self._die())
        return self._exit or Exit(SIGKILLED)

    def terminate(self) -> None:
        """SIGTERM."""
        if self.terminated_at is None:
            self.terminated_at = self.around.clock.monotonic()
            self.changed.set()

    def kill(self) -> None:
        """SIGKILL."""
        self._killed.set()

    @abstractmethod
    async def body(self) -> Exit:
        """What the program does until it ends by itself."""

    @abstractmethod
    def listens(self, port: int) -> bool:
        """Whether a connection to the port is accepted now."""

    @abstractmethod
    async def request(self, method: str, path: str) -> Answer: ...

    @abstractmethod
    def memory(self) -> int:
        """Bytes in use."""

    @abstractmethod
    def cpu(self) -> int:
        """Millicores in use."""

    async def _live(self) -> None:
        self._exit = await self.body()

    async def _die(self) -> None:
        await self._killed.wait()
        await self.around.clock.sleep(self.around.kill_seconds)
        self._exit = Exit(SIGKILLED)
