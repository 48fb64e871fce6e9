"""The listeners of a sandbox: each room's application on a loopback port of its own."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from aiohttp import web

from deployctl.sandbox.pki import LOOPBACK, server_context
from deployctl.sandbox.process.dated import dated
from deployctl.sandbox.process.listen import listen
from deployctl.sandbox.process.logged import logged
from deployctl.sandbox.process.world import World


@dataclass
class Doors:
    """Opens listeners; `wanted` are the ports that an earlier run had, taken again when they are free."""

    world: World
    stack: AsyncExitStack
    wanted: Mapping[str, int] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def tls(self) -> ssl.SSLContext:
        """For localhost and every name by which the scenario's registries are known."""
        hosts = [host for spec in self.world.scenario.registries for host in (spec.host, *spec.aliases)]
        names = [host.partition(":")[0] for host in hosts]
        pair = self.world.authority.server(*LOOPBACK, *names, "login.microsoftonline.com", "management.azure.com")
        return server_context(pair, self.world.options.state)

    async def open(self, name: str, app: web.Application, context: ssl.SSLContext | None) -> int:
        """The port on which the application now answers."""
        app.on_response_prepare.append(dated(self.world.clock))
        port = self.wanted.get(name, 0)
        try:
            listener = await listen(app, context, port)
        except OSError:
            if not port:
                raise
            listener = await listen(app, context, 0)
        self.stack.push_async_callback(listener.close)
        self.ports[name] = listener.port
        return listener.port

    def log(self, app: web.Application, server: str) -> web.Application:
        """The application, with its requests written to the log."""
        app.middlewares.insert(0, logged(server, self.world.clock, self.world.log))
        return app
