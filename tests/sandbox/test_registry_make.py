"""Images that are made: as large as declared, valid, and told apart by what is in them."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from served_registry import make_registry

from deployctl.sandbox.registry.ballast import DIGESTS, MIB, ballast
from deployctl.sandbox.registry.blob import Blob, computed_digest
from deployctl.sandbox.registry.make import ImageSpec, make_image


@pytest.mark.parametrize("size", sorted(DIGESTS))
def test_the_digests_known_beforehand_are_right(size: int) -> None:
    (blob,) = ballast(size)
    assert (blob.size, blob.digest()) == (size * MIB, computed_digest(blob))


@given(st.integers(0, 2000))
def test_ballast_is_as_large_as_asked_for_in_distinct_layers(mebibytes: int) -> None:
    blobs = ballast(mebibytes)
    assert sum(blob.size for blob in blobs) == mebibytes * MIB
    assert len(set(blobs)) == len(blobs)


@given(st.binary(max_size=50), st.integers(0, 5000), st.integers(0, 6000), st.integers(0, 6000))
def test_any_part_of_a_blob_reads_as_of_its_whole(head: bytes, zeros: int, start: int, end: int) -> None:
    blob = Blob(head, zeros)
    assert b"".join(blob.read(start, end)) == blob.content()[start:end]


def test_a_layer_is_a_tar_archive_that_unpacks() -> None:
    (blob,) = ballast(1)
    with tarfile.open(fileobj=io.BytesIO(blob.content())) as tar:
        (member,) = tar.getmembers()
        extracted = tar.extractfile(member)
        assert extracted is not None
        assert extracted.read() == bytes(member.size)


def test_the_config_lists_every_layer() -> None:
    registry = make_registry()
    made = make_image(registry.storage, "a", "v1", ImageSpec(size=5 * MIB + 4096))
    assert made.parsed.config is not None
    config: dict[str, Any] = json.loads(registry.storage.blob("a", made.parsed.config.digest).content())
    assert config["rootfs"]["diff_ids"] == [layer.digest for layer in made.parsed.layers]
    assert sum(layer.size for layer in made.parsed.layers) == 5 * MIB + 4096


@pytest.mark.parametrize(
    "change",
    [{"size": 5000}, {"env": {"A": "1"}}, {"labels": {"a": "1"}}, {"salt": "x"}, {"docker": True}, {"cmd": ("x",)}],
)
def test_whatever_is_different_makes_another_digest(change: dict[str, Any]) -> None:
    storage = make_registry().storage
    plain = make_image(storage, "a", "v1", ImageSpec(size=4096))
    again = make_image(storage, "a", "v2", ImageSpec(size=4096))
    other = make_image(storage, "a", "v3", ImageSpec(**{"size": 4096, **change}))
    assert (plain.digest == again.digest, plain.digest == other.digest) == (True, False)
