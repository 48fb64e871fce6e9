"""Serving an aiohttp application on a loopback port."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from aiohttp import web

SHUTDOWN_SECONDS = 0.2


@dataclass(frozen=True)
class Listener:
    """An application that answers on 127.0.0.1 at `port`."""

    runner: web.AppRunner
    port: int

    async def close(self) -> None:
        """Stop answering; requests under way are dropped soon."""
        await self.runner.cleanup()


async def listen(app: web.Application, context: ssl.SSLContext | None = None, port: int = 0) -> Listener:
    """Serve at `port`, or at a free one. Raises OSError when the port is taken."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS, handle_signals=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=context, reuse_address=True, backlog=512)
    try:
        await site.start()
    except OSError:
        await runner.cleanup()
        raise
    return Listener(runner, int(runner.addresses[0][1]))
