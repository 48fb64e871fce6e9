"""A connection to a program in a pod: bytes of HTTP/1.1 in, its answers out, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from deployctl.sandbox.contracts import Applications


class _Wire(asyncio.Transport):
    """What aiohttp writes its answers to."""

    def __init__(self, send: Callable[[bytes], None], end: Callable[[], None]) -> None:
        super().__init__()
        self._send, self._end = send, end
        self._closing = False

    def write(self, data: Any) -> None:
        if not self._closing:
            self._send(bytes(data))

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._end()

    abort = close

    def is_reading(self) -> bool:
        return not self._closing

    def pause_reading(self) -> None:
        """Requests are small: they are all taken."""

    resume_reading = pause_reading


class HttpPipe:
    """`send` gets the program's bytes, `end` is called once when the program's side closes."""

    def __init__(
        self,
        programs: Applications,
        where: tuple[str, str, int],
        send: Callable[[bytes], None],
        end: Callable[[], None],
    ) -> None:
        self._programs, self._where = programs, where
        self._server = web.Server(self._answer)
        self._protocol = self._server()
        self._wire = _Wire(send, end)
        self._protocol.connection_made(self._wire)

    def feed(self, data: bytes) -> None:
        if not self._wire.is_closing():
            self._protocol.data_received(data)

    def close(self) -> None:
        """The other side has gone, or closes."""
        if not self._wire.is_closing():
            self._protocol.connection_lost(None)
            self._wire.close()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        namespace, pod, port = self._where
        try:
            answer = await self._programs.request(
                namespace, pod, port, request.method, request.path_qs, dict(request.headers)
            )
        except (ConnectionRefusedError, TimeoutError):
            self._wire.close()
            raise ConnectionResetError from None
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
