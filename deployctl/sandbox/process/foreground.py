"""A sandbox in this very process, for as long as nobody ends it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from deployctl.sandbox.process.info import SandboxInfo
from deployctl.sandbox.process.options import Options
from deployctl.sandbox.process.sandbox import open_sandbox


def foreground(options: Options, ready: Callable[[SandboxInfo], None]) -> None:
    """Serve until SIGINT, SIGTERM or the control endpoint's stop; `ready` is called once it answers.

    Raises what `open_sandbox` raises. The signals' handlers are only changed meanwhile.
    """
    asyncio.run(_serve(options, ready))


async def _serve(options: Options, ready: Callable[[SandboxInfo], None]) -> None:
    loop = asyncio.get_running_loop()
    async with open_sandbox(options) as sandbox:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, sandbox.world.stop)
        ready(sandbox.info)
        await sandbox.world.stopping.wait()
