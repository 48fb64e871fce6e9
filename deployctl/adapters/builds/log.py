"""Following a run's log blob: best effort. It is absent at first, grows, and may never say that it is complete."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator

from deployctl.adapters.retries import LAST_LOOK, POLLED
from deployctl.adapters.transport import Reply, Request, Transport
from deployctl.model.errors import Unavailable

VERSION = "2022-11-02"
LARGEST = 4 * 1024 * 1024
"""Bytes of the log taken at a time."""


class RunLog:
    """Gives the lines that are new at each look. Never raises: the run itself is the truth."""

    def __init__(self, transport: Transport, link: Callable[[], str]) -> None:
        self._transport = transport
        self._new_link = link
        self._link = ""
        self._offset = 0
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")
        self._partial = ""
        self._policy = POLLED
        self.complete = False
        """The blob says that nothing will follow, and all of it was read."""
        self.trouble = "it does not exist"
        """Why the last look found no log; empty when it found one."""

    def lines(self) -> Iterator[str]:
        """Whole lines that have come since the last look, without their line ends."""
        while data := self._read():
            self._offset += len(data)
            *whole, self._partial = (self._partial + self._decode.decode(data)).split("\n")
            yield from (line.removesuffix("\r") for line in whole)

    def ended(self) -> None:
        """The build has ended: a connection that is lost now is tried for longer."""
        self._policy = LAST_LOOK

    def rest(self) -> Iterator[str]:
        """The last line, when it has no end."""
        last, self._partial = self._partial + self._decode.decode(b"", final=True), ""
        if last.strip():
            yield last.removesuffix("\r")

    def _read(self) -> bytes:
        """Bytes from the offset on; empty when there are none now. What was not read whole is read again."""
        try:
            size = self._size()
            if size <= self._offset:
                return b""
            end = min(size, self._offset + LARGEST) - 1
            reply = self._send("GET", {"x-ms-range": f"bytes={self._offset}-{end}"})
        except Unavailable as failure:
            self.trouble = failure.problem.what
            return b""
        return reply.body if reply.status == 206 else b""

    def _size(self) -> int:
        """The blob's size now; 0 while it is absent. A link that has expired is replaced."""
        reply = self._send("HEAD", {})
        if reply.status == 403:
            self._link = ""
            reply = self._send("HEAD", {})
        if reply.status != 200:
            self.trouble = "it does not exist" if reply.status == 404 else f"HTTP {reply.status}"
            return 0
        self.trouble = ""
        length = reply.header("content-length")
        size = int(length) if length.isdigit() else 0
        self.complete = bool(reply.header("x-ms-meta-complete")) and size <= self._offset
        return size

    def _send(self, method: str, headers: dict[str, str]) -> Reply:
        self._link = self._link or self._new_link()
        asked = Request(method, self._link, {"x-ms-version": VERSION, **headers}, max_size=2 * LARGEST)
        return self._transport.send(asked, self._policy)
