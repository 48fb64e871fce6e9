"""Whether a sandbox is up: every node Ready."""

from __future__ import annotations

import asyncio
import time

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.process.world import World

POLL = 0.02


class NotReady(TimeoutError):
    """Nodes that never came."""


async def wait_ready(world: World, seconds: float = 15.0) -> None:
    """Raises NotReady after `seconds` of the wall's clock, naming the nodes."""
    wanted = {node.name for node in world.scenario.nodes}
    end = time.monotonic() + seconds
    while missing := wanted - {str(n["metadata"]["name"]) for n in world.cluster.list("nodes") if is_ready(n)}:
        if time.monotonic() > end:
            raise NotReady(f"nodes are not Ready after {seconds:g} s: {', '.join(sorted(missing))}")
        await asyncio.sleep(POLL)


def is_ready(node: Object) -> bool:
    """By its condition."""
    conditions = (node.get("status") or {}).get("conditions") or []
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)
