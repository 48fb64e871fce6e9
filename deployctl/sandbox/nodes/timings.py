"""How long things take on a node. Seconds of sandbox time; as measured on a real cluster unless said otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """One place for all of them, so that a test or a demo can be faster."""

    status_delay: float = 0.05
    """From a change on the node to its status in the API server; changes within it travel together."""
    sandbox: float = 0.25
    """Creating a pod's sandbox with its network."""
    create: float = 0.1
    """Creating one container."""
    start: float = 0.15
    """Starting one container."""
    registry: float = 0.2
    """Resolving a reference, on top of what the registry itself takes."""
    jitter: float = 0.8
    """Starting takes up to so much longer, each pod by its own name: no two of a real cluster are ready at once."""
    unpack_bytes_per_second: float = 400e6
    restart: float = 0.8
    """From a container's exit to the sync that restarts it, or finds that it must wait."""
    next_sync: float = 1.0
    """From a container's first failure to start to the next sync of its pod, which shows it and tries again."""
    retry_sync: float = 12.0
    """Between the later syncs of a pod that cannot get further (a kubelet's 10 s, with jitter)."""
    stop_sandbox: float = 0.5
    """From the end of a pod's last container to its final phase."""
    pull_backoff: tuple[float, float] = (10.0, 300.0)
    crash_backoff: tuple[float, float] = (10.0, 300.0)
    """First and longest pause; doubled each time, forgotten after twice the longest."""
    mount_backoff: tuple[float, float] = (0.5, 122.0)
    heartbeat: float = 10.0
    """Between renewals of a node's Lease."""
    node_status: float = 300.0
    """Between reports of a node on which nothing changes."""
    faults: float = 1.0
    """Between looks at the faults."""
    kill: float = 0.02
    """From SIGKILL to the end of a process."""
    exec: float = 0.05
    """Running a command in a container."""
    task: float = 1.0
    """How long an unknown command of a Job runs."""


REAL = Timings()

INSTANT = Timings(
    status_delay=0.0,
    jitter=0.0,
    sandbox=0.0,
    create=0.0,
    start=0.0,
    registry=0.0,
    restart=0.0,
    next_sync=0.0,
    stop_sandbox=0.0,
    kill=0.0,
    exec=0.0,
)
"""Nothing but back-offs and periods takes time."""
