"""A forwarded port: for each connection of the client a pair of streams, one for bytes and one for what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from deployctl.sandbox.api.streams.containers import Containers
from deployctl.sandbox.api.streams.http_pipe import HttpPipe
from deployctl.sandbox.api.streams.spdy import Data, Frame, Opened, Ping, Reader, Reset, Writer

SLICE = 2**15


class Forwarding:
    """SPDY inside a websocket, as kubectl's port-forward speaks it since 1.31."""

    def __init__(self, containers: Containers, namespace: str, pod: str, write: Callable[[bytes], None]) -> None:
        self._containers, self._namespace, self._pod = containers, namespace, pod
        self._write = write
        self._reader, self._writer = Reader(), Writer()
        self._errors: dict[str, int] = {}
        """Stream by the client's number of its connection."""
        self._pipes: dict[int, HttpPipe] = {}

    async def run(self, messages: AsyncIterator[bytes]) -> None:
        """Until the client goes. Raises ValueError when it speaks something else."""
        try:
            async for message in messages:
                for frame in self._reader.feed(message):
                    self._take(frame)
        finally:
            for pipe in self._pipes.values():
                pipe.close()
            await asyncio.sleep(0)

    def _take(self, frame: Frame) -> None:
        match frame:
            case Opened():
                self._write(self._writer.accept(frame.stream))
                self._open(frame)
            case Data():
                self._feed(frame)
            case Reset():
                self._drop(frame.stream)
            case Ping():
                self._write(self._writer.ping(frame.number))

    def _open(self, frame: Opened) -> None:
        connection = frame.headers.get("requestid", "")
        if frame.headers.get("streamtype") == "error":
            self._errors[connection] = frame.stream
            return
        port, error = int(frame.headers.get("port", "0")), self._errors.pop(connection, 0)
        try:
            self._containers.connect(self._namespace, self._pod, port)
        except ConnectionRefusedError as refused:
            self._write(self._writer.data(error, str(refused).encode(), last=True))
            self._write(self._writer.data(frame.stream, b"", last=True))
            return
        self._pipes[frame.stream] = self._pipe(frame.stream, error, port)

    def _pipe(self, stream: int, error: int, port: int) -> HttpPipe:
        def send(data: bytes) -> None:
            for start in range(0, len(data), SLICE):
                self._write(self._writer.data(stream, data[start : start + SLICE]))

        def end() -> None:
            self._write(self._writer.data(stream, b"", last=True))
            self._write(self._writer.data(error, b"", last=True))

        return HttpPipe(self._containers, (self._namespace, self._pod, port), send, end)

    def _feed(self, frame: Data) -> None:
        pipe = self._pipes.get(frame.stream)
        if pipe is None:
            return
        if frame.payload:
            pipe.feed(frame.payload)
        if frame.last:
            self._drop(frame.stream)

    def _drop(self, stream: int) -> None:
        pipe = self._pipes.pop(stream, None)
        if pipe is not None:
            pipe.close()
