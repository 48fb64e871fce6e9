"""A kubelet's words when it evicts for memory. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.controllers.kit.quantity import format_memory

if TYPE_CHECKING:
    from deployctl.sandbox.nodes.pod_worker import PodWorker


def eviction_message(worker: PodWorker) -> str:
    """Names the threshold, what was left, and which container used more than it asked for."""
    text = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 51200Ki. "
    for record in worker.records:
        if record.process is None:
            continue
        used = format_memory(record.process.memory() // 1024 * 1024)
        asked = ((record.spec.get("resources") or {}).get("requests") or {}).get("memory", "0")
        text += f"Container {record.name} was using {used}, request is {asked}, has larger consumption of memory. "
    return text
