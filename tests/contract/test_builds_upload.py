"""Uploading a context in blocks, side by side, to a storage that fails: on the wire, with the sandbox's storage."""

from __future__ import annotations

import gzip
import hashlib
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure_world import AzureWorld, azure_world
from hurried_clock import HurriedClock

from deployctl.adapters.builds.upload import BLOCK, Destination, Upload, block_list
from deployctl.adapters.transport import Transport
from deployctl.model.errors import Refused, Unavailable

PIECES = [random.Random(number).randbytes(700_000) for number in range(40)]  # 28 MB: seven blocks
WHOLE = b"".join(PIECES)
FIVE_BLOCKS = PIECES[:24]
"""One block more than go side by side."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AzureWorld]:
    with azure_world(tmp_path) as opened:
        yield opened


class SideBySideClock(HurriedClock):
    """Blocks sleep side by side: what one slept must not age the others."""

    def monotonic(self) -> float:
        return time.monotonic()


def an_upload(world: AzureWorld) -> Upload:
    transport = Transport(SideBySideClock(), ca_file=world.config.ca_file, timeout=10, environ={})
    numbers = iter(range(100))

    def destination() -> Destination:
        path = f"example/source/{next(numbers)}.tar.gz"
        query = world.azure.links.query(path, "cw")
        return Destination(f"{world.config.arm_endpoint}/storage/{path}?{query}", path)

    return Upload(transport, destination)


def stored(world: AzureWorld, upload: Upload) -> bytes:
    return world.azure.uploads.blobs[upload.path]


def test_a_small_context_goes_up_in_one_request(world: AzureWorld) -> None:
    upload = an_upload(world)
    assert list(upload.send([b"small", b" context"])) == [13]
    assert stored(world, upload) == b"small context"
    assert world.requests == ["PUT /storage/example/source/0.tar.gz"]


@pytest.mark.parametrize("size", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK])
def test_every_size_around_a_block_arrives_whole(world: AzureWorld, size: int) -> None:
    upload = an_upload(world)
    assert list(upload.send([WHOLE[:size]]))[-1] == size
    assert stored(world, upload) == WHOLE[:size]


def test_a_large_context_goes_up_as_blocks_in_order(world: AzureWorld) -> None:
    upload = an_upload(world)
    progress = list(upload.send(PIECES))
    assert progress == sorted(progress)
    assert progress[-1] == len(WHOLE)
    assert hashlib.sha256(stored(world, upload)).digest() == hashlib.sha256(WHOLE).digest()
    assert len(world.requests) == 8


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("arm-drop", {"times": 3}),
        ("arm-error", {"status": 500, "times": 3}),
        ("arm-error", {"status": 503, "times": 3}),
        ("arm-error", {"status": 429, "retry_after": 1, "times": 3}),
        ("arm-error", {"status": 403, "times": 1}),
    ],
    ids=["drop", "500", "503", "429", "expired"],
)
@pytest.mark.parametrize("begins_after", [0, 12, 23])
def test_faults_at_any_block_are_survived(
    world: AzureWorld, kind: str, fault: dict[str, Any], begins_after: int
) -> None:
    upload = an_upload(world)

    def pieces() -> Iterator[bytes]:
        for number, piece in enumerate(FIVE_BLOCKS):
            if number == begins_after:
                world.faults.add(kind, {**fault, "path": "/storage/*"})
            yield piece

    assert list(upload.send(pieces()))[-1] == len(FIVE_BLOCKS) * 700_000
    assert stored(world, upload) == b"".join(FIVE_BLOCKS)
    places = {one for one in world.requests if "/storage/" in one}
    assert len(places) == (2 if fault.get("status") == 403 else 1)


def test_a_storage_that_keeps_refusing_its_own_links_ends_the_upload(world: AzureWorld) -> None:
    world.faults.add("arm-error", {"status": 403, "path": "/storage/*"})
    for content in ([b"small"], PIECES):
        with pytest.raises(Unavailable, match="refuses the link") as caught:
            list(an_upload(world).send(content))
        assert "sig=" not in f"{caught.value!r} {caught.value.problem}"


def test_a_storage_that_stays_away_ends_the_upload(world: AzureWorld) -> None:
    world.faults.add("arm-drop", {"path": "/storage/*"})
    with pytest.raises(Unavailable, match="no answer"):
        list(an_upload(world).send(PIECES))


def test_a_file_that_fails_while_it_is_packed_leaves_no_blob(world: AzureWorld) -> None:
    def pieces() -> Iterator[bytes]:
        yield from PIECES
        raise Refused("changed while it was packed")

    upload = an_upload(world)
    with pytest.raises(Refused):
        list(upload.send(pieces()))
    assert world.azure.uploads.blobs == {}


def test_block_names_are_of_one_length_as_azure_demands() -> None:
    ids = [part.partition(b"<")[0] for part in block_list(12000).split(b"<Latest>")[1:]]
    assert len(ids) == len(set(ids)) == 12000
    assert len({len(one) for one in ids}) == 1


def test_a_gzip_stream_survives_the_trip(world: AzureWorld) -> None:
    upload = an_upload(world)
    list(upload.send([gzip.compress(WHOLE[:3_000_000], 1)]))
    assert gzip.decompress(stored(world, upload)) == WHOLE[:3_000_000]
