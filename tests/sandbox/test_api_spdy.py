"""The frames of a forwarded port."""

from __future__ import annotations

import zlib

import pytest

from deployctl.sandbox.api.streams.spdy import Data, Opened, Ping, Reader, Reset, Writer
from deployctl.sandbox.api.streams.spdy_words import DICTIONARY


def control(kind: int, body: bytes, flags: int = 0) -> bytes:
    return b"\x80\x03" + kind.to_bytes(2, "big") + bytes([flags]) + len(body).to_bytes(3, "big") + body


def opened(stream: int, flags: int = 0, **headers: str) -> bytes:
    words = [word.encode() for pair in headers.items() for word in pair]
    block = len(headers).to_bytes(4, "big") + b"".join(len(w).to_bytes(4, "big") + w for w in words)
    packed = zlib.compressobj(zdict=DICTIONARY)
    body = stream.to_bytes(4, "big") + bytes(6) + packed.compress(block) + packed.flush(zlib.Z_SYNC_FLUSH)
    return control(1, body, flags)


def test_frames_are_the_same_in_pieces_of_any_size() -> None:
    settings = control(4, bytes(4))
    whole = (
        opened(1, port="80") + settings + b"\0\0\0\1\1\0\0\2hi" + control(6, b"\0\0\0\7") + control(3, b"\0\0\0\1" * 2)
    )
    wanted = [Opened(1, {"port": "80"}), Data(1, b"hi", last=True), Ping(7), Reset(1)]
    for size in (1, 3, len(whole)):
        reader = Reader()
        pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
        assert [frame for piece in pieces for frame in reader.feed(piece)] == wanted


def test_a_stream_may_end_with_its_beginning() -> None:
    assert list(Reader().feed(opened(3, flags=1, a="b"))) == [Opened(3, {"a": "b"}), Data(3, b"", last=True)]


def test_what_is_not_spdy_is_refused() -> None:
    with pytest.raises(ValueError, match=r"not SPDY/3\.1: 8002"):
        list(Reader().feed(b"\x80\x02" + control(6, b"\0\0\0\7")[2:]))


def test_what_is_written_is_read_again() -> None:
    writer, reader = Writer(), Reader()
    written = writer.data(5, b"abc") + writer.data(5, b"", last=True) + writer.ping(9)
    assert list(reader.feed(written)) == [Data(5, b"abc"), Data(5, b"", last=True), Ping(9)]
