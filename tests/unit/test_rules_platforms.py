"""Which nodes can run an image, by its platforms and theirs: one rule for builds and for releases."""

from __future__ import annotations

import pytest

from deployctl.model.image import Platform
from deployctl.model.node import Node
from deployctl.model.rules.platforms import platform_lines, telling, unfit


def node(name: str, *platform: str) -> Node:
    return Node(name, dict(zip(("kubernetes.io/os", "kubernetes.io/arch"), platform, strict=False)))


NODES = (node("a", "linux", "amd64"), node("b", "linux", "arm64"), node("c"), node("d", "linux"))


@pytest.mark.parametrize(
    ("platforms", "names"),
    [
        (("linux/amd64",), ["b"]),
        (("linux/arm64",), ["a"]),
        (("linux/386",), ["b"]),
        (("linux/arm",), ["a"]),
        (("windows/amd64",), ["a", "b"]),
        (("linux/amd64", "linux/arm64"), []),
        (("linux/s390x", "unknown/unknown"), ["a", "b"]),
        (("unknown/unknown",), []),
        ((), []),
    ],
)
def test_a_node_is_unfit_when_it_runs_none_of_the_images_platforms(
    platforms: tuple[str, ...], names: list[str]
) -> None:
    known = tuple(Platform(*platform.split("/")) for platform in platforms)
    assert [one.name for one in unfit(known, NODES)] == names


def test_nodes_that_do_not_say_what_they_are_prove_nothing() -> None:
    assert platform_lines(telling(NODES)) == ("a is linux/amd64", "b is linux/arm64")
