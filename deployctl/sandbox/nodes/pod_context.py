"""What the workers of one pod share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import namespace_of
from deployctl.sandbox.controllers.kit.tasks import Tasks
from deployctl.sandbox.nodes.containers import ContainerRecord
from deployctl.sandbox.nodes.machine import Machine
from deployctl.sandbox.nodes.programs.process import Process
from deployctl.sandbox.nodes.reach import reaches
from deployctl.sandbox.nodes.waiting import happens

if TYPE_CHECKING:
    from deployctl.sandbox.nodes.puller import Puller


class PodContext:
    """The pod as last seen, its IP, and how to make a change known."""

    puller: Puller

    def __init__(self, machine: Machine, pod: Object, publish: Callable[[], None]) -> None:
        self.machine, self.pod = machine, pod
        self.publish = publish
        self.tasks = Tasks()
        self.ip = ""
        self.ends = asyncio.Event()
        """Replaced whenever a process of the pod ends."""

    def reaches(self, host: str, port: int) -> bool:
        return reaches(self.machine.read, namespace_of(self.pod), host, port)

    def process_ended(self) -> None:
        ends, self.ends = self.ends, asyncio.Event()
        ends.set()

    async def gone(self, record: ContainerRecord, process: Process, within: float | None) -> bool:
        """Whether the process ends before so many seconds are over."""
        clock = self.machine.clock
        deadline = None if within is None else clock.monotonic() + within
        while record.process is process:
            left = None if deadline is None else deadline - clock.monotonic()
            if left is not None and left <= 0:
                return False
            await happens(clock, self.ends, left)
        return True
