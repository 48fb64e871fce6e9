"""A sandbox in this very process, for as long as nobody ends it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

from deployctl.sandbox.process.info import SandboxInfo
from deployctl.sandbox.process.options import Options
from deployctl.sandbox.process.sandbox import open_sandbox

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def foreground(options: Options, ready: Callable[[SandboxInfo], None]) -> None:
    """Serve until SIGINT, SIGTERM or the control endpoint's stop; `ready` is called once it answers.

    Raises what `open_sandbox` raises. The signals' handlers are only changed meanwhile.
    """
    asyncio.run(_until_told(options, ready))


async def _until_told(options: Options, ready: Callable[[SandboxInfo], None]) -> None:
    # Before anything is opened: whoever reads the sandbox's info file may send a signal at once.
    serving = asyncio.ensure_future(_serve(options, ready))
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, _end, serving)
    with suppress(asyncio.CancelledError):
        await serving


def _end(serving: asyncio.Future[None]) -> None:
    """Once only: a second signal must not break off the tidying up."""
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, lambda: None)
    serving.cancel()


async def _serve(options: Options, ready: Callable[[SandboxInfo], None]) -> None:
    async with open_sandbox(options) as sandbox:
        ready(sandbox.info)
        await sandbox.world.stopping.wait()
