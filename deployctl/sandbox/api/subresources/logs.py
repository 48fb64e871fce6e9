"""The log subresource: what a container wrote, as its kubelet would hand it over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from deployctl.sandbox.api.errors import ApiError, bad_request, not_found
from deployctl.sandbox.api.http.call import Answered, Call, Reply, Stream
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.subresources.log_options import Line, LogOptions, log_options
from deployctl.sandbox.contracts import Object

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

FOLLOW_SECONDS = 0.1
"""Wall time between looks at a log that is followed: lines arrive from a program, not from the store."""


class PodLogs(Protocol):
    """Where logs come from: the nodes."""

    def __call__(self, namespace: str, pod: str, container: str, *, previous: bool) -> Sequence[Line]:
        """Oldest first. Raises LookupError, in a kubelet's words, when there is no such log."""


def log(cluster: Cluster, kind: Kind, call: Call, source: PodLogs | None) -> Answered:
    """Raises ApiError: 404 without the pod, 400 without such a container or such a log."""
    info = call.info
    pod = cluster.live(kind, info.namespace, info.name)
    if pod is None:
        raise not_found(resource_of(kind), info.name)
    options = log_options(call.query, pod, cluster.clock.now())
    if not (pod.get("spec") or {}).get("nodeName") or source is None:
        return Reply(204, b"", "")
    _check_state(pod, options)
    lines = _read(source, pod, options)
    if not options.follow or options.previous:
        body = options.text(options.select(lines))
        return Reply(200, body[: options.limit] if options.limit else body, "text/plain")
    return Stream(_followed(cluster, pod, options, source), "text/plain")


async def _followed(cluster: Cluster, pod: Object, options: LogOptions, source: PodLogs) -> AsyncIterator[bytes]:
    metadata = pod["metadata"]
    seen = _read(source, pod, options)
    sent = 0
    chunk = options.text(options.select(seen))
    while True:
        if options.limit is not None and sent + len(chunk) >= options.limit:
            yield chunk[: options.limit - sent]
            return
        sent += len(chunk)
        yield chunk
        live = cluster.get("pods", metadata["namespace"], metadata["name"])
        if live is None or live["metadata"]["uid"] != metadata["uid"] or _ended(live, options.container):
            return
        await asyncio.sleep(FOLLOW_SECONDS)
        try:
            lines = _read(source, pod, options)
        except ApiError:
            return
        chunk = options.text(_after(seen, lines))
        seen = lines


def _after(seen: Sequence[Line], lines: Sequence[Line]) -> Sequence[Line]:
    """What is new: old lines may have dropped out at the front, and a restart begins a new log."""
    if not seen:
        return lines
    for index in range(len(lines) - 1, -1, -1):
        if lines[index] is seen[-1] or lines[index] == seen[-1]:
            return lines[index + 1 :]
    return lines


def _ended(pod: Object, container: str) -> bool:
    return "terminated" in ((_status(pod, container) or {}).get("state") or {})


def _read(source: PodLogs, pod: Object, options: LogOptions) -> Sequence[Line]:
    metadata = pod["metadata"]
    try:
        return source(metadata["namespace"], metadata["name"], options.container, previous=options.previous)
    except LookupError as error:
        raise bad_request(str(error.args[0] if error.args else error)) from error


def _status(pod: Object, container: str) -> Mapping[str, Any] | None:
    status = pod.get("status") or {}
    every = [*(status.get("containerStatuses") or []), *(status.get("initContainerStatuses") or [])]
    return next((s for s in every if s["name"] == container), None)


_WAITING = {"ErrImagePull": "image can't be pulled", "ImagePullBackOff": "trying and failing to pull image"}


def _check_state(pod: Object, options: LogOptions) -> None:
    """Raises ApiError 400 as the kubelet refuses a container that has not started."""
    container, status = options.container, _status(pod, options.container)
    what = f'container "{container}" in pod "{pod["metadata"]["name"]}"'
    if status is None:
        raise bad_request(f"{what} is not available")
    state, last = status.get("state") or {}, (status.get("lastState") or {}).get("terminated")
    if options.previous:
        if not (last or {}).get("containerID"):
            raise bad_request(f"previous terminated {what} not found")
    elif "running" not in state and "terminated" not in state and not last:
        reason = (state.get("waiting") or {}).get("reason", "")
        if not reason:
            raise bad_request(f"{what} is waiting to start - no logs yet")
        raise bad_request(f"{what} is waiting to start: {_WAITING.get(reason, reason)}")
