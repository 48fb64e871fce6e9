"""A build context into blob storage: in one piece when it is small, else as blocks side by side, each retried alone."""

from __future__ import annotations

import base64
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import IO
from urllib.parse import quote
from xml.sax.saxutils import escape

from deployctl.adapters.context.gzip_blocks import regular
from deployctl.adapters.context.ordered import ordered
from deployctl.adapters.transport import NoAnswer, Request, Transport
from deployctl.model.errors import Unavailable
from deployctl.model.size import spoken_size

BLOCK = 4 * 1024 * 1024
AT_ONCE = 4
RENEWALS = 3
VERSION = "2022-11-02"


@dataclass(frozen=True)
class Destination:
    """Where Azure wants the context. The URL carries its own permission and is shown nowhere."""

    url: str = field(repr=False)
    path: str
    """What scheduleRun calls it."""


class _Expired(Exception):
    """The link's permission has ended: 403."""


@dataclass(frozen=True)
class _Block:
    number: int
    body: bytes = field(repr=False)

    @property
    def id(self) -> str:
        return base64.b64encode(f"{self.number:08d}".encode()).decode()


class Upload:
    """One upload. While it goes, what has been sent is kept in a temporary file: a new link means a new blob."""

    def __init__(self, transport: Transport, new_destination: Callable[[], Destination]) -> None:
        self._transport = transport
        self._new_destination = new_destination
        self._destination = new_destination()
        self.sent = 0
        """Bytes that have arrived."""

    @property
    def path(self) -> str:
        return self._destination.path

    def send(self, pieces: Iterable[bytes]) -> Iterator[int]:
        """Send the stream; yields the bytes that have arrived so far. Raises Unavailable, and what the stream does."""
        with tempfile.TemporaryFile(prefix="deployctl-context-") as spool:
            stream = regular(pieces, BLOCK)
            first, second = next(stream, b""), next(stream, None)
            if second is None:
                self._renewing(lambda: self._put("", first, {"x-ms-blob-type": "BlockBlob"}))
                self.sent = len(first)
                yield self.sent
                return
            fresh = _spooling(spool, chain((first, second), stream))
            yield from self._send_blocks(spool, fresh)

    def _send_blocks(self, spool: IO[bytes], fresh: Iterator[_Block]) -> Iterator[int]:
        for renewal in range(RENEWALS + 1):
            self.sent, count = 0, 0
            try:
                for size in ordered(self._put_block, chain(_spooled(spool), fresh), at_once=AT_ONCE):
                    self.sent, count = self.sent + size, count + 1
                    yield self.sent
                self._put("comp=blocklist", block_list(count), {"Content-Type": "application/xml"})
            except _Expired:
                if renewal == RENEWALS:
                    raise self._refused_link() from None
                self._destination = self._new_destination()
            else:
                return

    def _renewing(self, put: Callable[[], None]) -> None:
        for _ in range(RENEWALS):
            try:
                return put()
            except _Expired:
                self._destination = self._new_destination()
        try:
            return put()
        except _Expired:
            raise self._refused_link() from None

    def _put_block(self, block: _Block) -> int:
        self._put(f"comp=block&blockid={quote(block.id, safe='')}", block.body, {})
        return len(block.body)

    def _put(self, query: str, body: bytes, headers: dict[str, str]) -> None:
        url = self._destination.url
        joint = "&" if "?" in url else "?"
        sent = {"x-ms-version": VERSION, "Content-Type": "application/octet-stream", **headers}
        try:
            reply = self._transport.send(Request("PUT", f"{url}{joint}{query}" if query else url, sent, body))
        except NoAnswer as lost:
            raise self._failed(lost.problem.what) from lost
        if reply.status == 403:
            raise _Expired
        if reply.status not in (200, 201):
            raise self._failed(f"HTTP {reply.status} {reply.header('x-ms-error-code')}".rstrip())

    def _failed(self, why: str) -> Unavailable:
        return Unavailable(
            f"the build context could not be uploaded: {why}",
            where=Request("PUT", self._destination.url).host,
            evidence=(f"{spoken_size(self.sent)} had arrived",),
            action="try again; behind a firewall, let this machine reach *.blob.core.windows.net",
        )

    def _refused_link(self) -> Unavailable:
        return Unavailable(
            "the storage for build contexts refuses the link that Azure gave for it",
            where=Request("PUT", self._destination.url).host,
            action="check this machine's clock; then try again",
        )


def _spooling(spool: IO[bytes], bodies: Iterable[bytes]) -> Iterator[_Block]:
    """Blocks as they come, each kept before it is sent."""
    for number, body in enumerate(bodies):
        spool.seek(0, io.SEEK_END)
        spool.write(body)
        yield _Block(number, body)


def _spooled(spool: IO[bytes]) -> Iterator[_Block]:
    """The blocks that came before, from the beginning."""
    end = spool.seek(0, io.SEEK_END)
    for number in range(-(-end // BLOCK)):
        spool.seek(number * BLOCK)
        yield _Block(number, spool.read(BLOCK))


def block_list(count: int) -> bytes:
    """The order in which blocks make the blob."""
    ids = "".join(f"<Latest>{escape(_Block(number, b'').id)}</Latest>" for number in range(count))
    return f'<?xml version="1.0" encoding="utf-8"?><BlockList>{ids}</BlockList>'.encode()
