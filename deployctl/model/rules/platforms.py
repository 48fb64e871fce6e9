"""Whether the nodes can run an image at all: by its platforms and theirs."""

from __future__ import annotations

from collections import Counter

from deployctl.model.node import Node


def node_platforms(nodes: tuple[Node, ...]) -> Counter[str]:
    """How many nodes there are of each platform; nodes whose labels say nothing are not counted."""
    return Counter(node.platform for node in nodes if not node.platform.startswith("/") and node.platform[-1:] != "/")


def unfit(platforms: tuple[str, ...], nodes: tuple[Node, ...]) -> tuple[str, ...]:
    """The nodes' platforms, as evidence, when not one of them is among an image's; empty when one is, or when either
    side is unknown. A variant such as `/v8` is not compared: no label of a node holds it."""
    there = node_platforms(nodes)
    plain = {"/".join(platform.split("/")[:2]) for platform in platforms}
    if not there or not plain or plain & set(there):
        return ()
    return tuple(
        f"{count} nodes: {platform}" if count > 1 else f"1 node: {platform}" for platform, count in there.items()
    )
