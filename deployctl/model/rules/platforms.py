"""Whether the nodes can run an image at all: by its platforms and theirs."""

from __future__ import annotations

from deployctl.model.image import Platform
from deployctl.model.node import Node

RUNS_TOO = {"amd64": ("386",), "arm64": ("arm",)}
"""What else a processor runs (github.com/containerd/platforms, compare.go)."""


def telling(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """The nodes whose labels say what they are."""
    return tuple(node for node in nodes if all(node.platform.split("/")))


def unfit(platforms: tuple[Platform, ...], nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """The nodes that can run none of an image's platforms; none when either side is unknown. Attestations beside an
    image are of an unknown platform."""
    named = [platform for platform in platforms if platform.os != "unknown"]
    return tuple(node for node in telling(nodes) if named and not any(_runs(node, platform) for platform in named))


def _runs(node: Node, platform: Platform) -> bool:
    os, _, here = node.platform.partition("/")
    return os == platform.os and (platform.architecture == here or platform.architecture in RUNS_TOO.get(here, ()))


def platform_lines(nodes: tuple[Node, ...]) -> tuple[str, ...]:
    """As evidence."""
    return tuple(f"{node.name} is {node.platform}" for node in nodes)
