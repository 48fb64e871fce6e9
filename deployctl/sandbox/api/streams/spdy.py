"""SPDY/3.1 frames, as many kinds as a forwarded port needs. Pure: bytes in, frames out, and back."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deployctl.sandbox.api.streams.spdy_words import DICTIONARY

_VERSION = 0x8003
_SYN_STREAM, _SYN_REPLY, _RST_STREAM, _PING = 1, 2, 3, 6
_FIN = 1
_HEAD = 8
_WORD = 4


@dataclass(frozen=True)
class Opened:
    """The other side begins a stream."""

    stream: int
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Data:
    """`last`: nothing more comes on this stream from this side."""

    stream: int
    payload: bytes
    last: bool = False


@dataclass(frozen=True)
class Reset:
    """The stream is given up at once."""

    stream: int


@dataclass(frozen=True)
class Ping:
    """Wants to come back as it is."""

    number: int


Frame = Opened | Data | Reset | Ping


class Reader:
    """Frames out of bytes that come in pieces of any size. Kinds of frames that say nothing here are passed over."""

    def __init__(self) -> None:
        self._bytes = b""
        self._unpacked = zlib.decompressobj(zdict=DICTIONARY)

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """Raises ValueError when it is not SPDY/3.1."""
        self._bytes += piece
        while len(self._bytes) >= _HEAD:
            end = _HEAD + int.from_bytes(self._bytes[5:8], "big")
            if len(self._bytes) < end:
                return
            whole, self._bytes = self._bytes[:end], self._bytes[end:]
            yield from self._frames(whole[:_HEAD], whole[_HEAD:])

    def _frames(self, head: bytes, body: bytes) -> Iterator[Frame]:
        if not head[0] & 0x80:
            yield Data(_number(head), body, bool(head[4] & _FIN))
            return
        if int.from_bytes(head[:2], "big") != _VERSION:
            raise ValueError(f"not SPDY/3.1: {head.hex()}")
        kind = int.from_bytes(head[2:4], "big")
        if kind == _SYN_STREAM:
            yield Opened(_number(body), _pairs(self._unpacked.decompress(body[10:])))
            if head[4] & _FIN:
                yield Data(_number(body), b"", last=True)
        elif kind == _RST_STREAM:
            yield Reset(_number(body))
        elif kind == _PING:
            yield Ping(_number(body))


class Writer:
    """Bytes out of frames."""

    def __init__(self) -> None:
        self._packed = zlib.compressobj(zdict=DICTIONARY)

    def accept(self, stream: int) -> bytes:
        """The reply to an opened stream: no headers."""
        block = self._packed.compress(bytes(_WORD)) + self._packed.flush(zlib.Z_SYNC_FLUSH)
        return _control(_SYN_REPLY, stream.to_bytes(_WORD, "big") + block)

    def data(self, stream: int, payload: bytes, *, last: bool = False) -> bytes:
        return stream.to_bytes(_WORD, "big") + bytes([last]) + len(payload).to_bytes(3, "big") + payload

    def ping(self, number: int) -> bytes:
        return _control(_PING, number.to_bytes(_WORD, "big"))


def _control(kind: int, body: bytes) -> bytes:
    return _VERSION.to_bytes(2, "big") + kind.to_bytes(2, "big") + b"\0" + len(body).to_bytes(3, "big") + body


def _number(text: bytes) -> int:
    """A stream's or ping's; a stream's highest bit is something else."""
    return int.from_bytes(text[:_WORD], "big") & 0x7FFFFFFF


def _pairs(block: bytes) -> dict[str, str]:
    count, rest = _number(block), block[_WORD:]
    words: list[str] = []
    for _ in range(2 * count):
        size = _WORD + _number(rest)
        words.append(rest[_WORD:size].decode())
        rest = rest[size:]
    return dict(zip(words[::2], words[1::2], strict=True))
