"""Running a command inside a running container, as exec probes do."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from deployctl.sandbox.nodes.logs import LogBuffer
from deployctl.sandbox.nodes.programs.process import Process
from deployctl.sandbox.nodes.programs.shell import BUILTINS, SHELLS, Shell

LOCAL = ("localhost", "127.0.0.1")


async def run_command(process: Process, command: list[str]) -> tuple[int, str]:
    """Exit status and output. A tool of the image that is not simulated succeeds while the program is well."""
    around, name = process.around, command[0].rsplit("/", 1)[-1] if command else ""
    if name in SHELLS or name in BUILTINS or name == "sleep":
        logs = LogBuffer()
        inner = replace(
            around,
            logs=logs,
            runs_for_ever=False,
            task_seconds=0.0,
            reaches=lambda host, port: process.listens(port) if host in LOCAL else around.reaches(host, port),
        )
        script = command[2] if name in SHELLS and len(command) > 2 else " ".join([name, *command[1:]])
        exit_ = await Shell(inner, script).run()
        return exit_.code, "".join(f"{line}\n" for _, line in logs.lines())
    if around.binaries is not None and name not in around.binaries:
        return (
            127,
            f'OCI runtime exec failed: exec failed: unable to start container process: exec: "{name}": not found',
        )
    await asyncio.sleep(0)
    behaviour = around.behaviour()
    well = process.age >= behaviour.startup_seconds and not behaviour.never_ready and not behaviour.hangs
    return (0, "") if well else (1, "")
