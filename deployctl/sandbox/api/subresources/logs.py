"""The log subresource: what a container wrote, as its kubelet would hand it over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from deployctl.sandbox.api.errors import ApiError, Resource, bad_request, invalid, not_found
from deployctl.sandbox.api.http.call import Answered, Call, Reply, Stream
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.tables.ages import parse
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

Line = tuple[datetime, str]
FOLLOW_SECONDS = 0.1
"""Wall time between looks at a log that is followed: lines arrive from a program, not from the store."""


class PodLogs(Protocol):
    """Where logs come from: the nodes."""

    def __call__(self, namespace: str, pod: str, container: str, *, previous: bool) -> Sequence[Line]:
        """Oldest first. Raises LookupError, in a kubelet's words, when there is no such log."""


@dataclass(frozen=True)
class LogOptions:
    """As the query asks; `since` is a moment, `tail` and `limit` count lines and bytes."""

    container: str = ""
    previous: bool = False
    follow: bool = False
    timestamps: bool = False
    tail: int | None = None
    limit: int | None = None
    since: datetime | None = None

    def select(self, lines: Sequence[Line]) -> list[Line]:
        since = self.since
        chosen = [line for line in lines if since is None or line[0] >= since]
        if self.tail is None:
            return chosen
        return chosen[-self.tail :] if self.tail else []

    def text(self, lines: Sequence[Line]) -> bytes:
        stamp = _stamp if self.timestamps else _nothing
        return "".join(f"{stamp(time)}{text}\n" for time, text in lines).encode()


def _stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f000Z ")


def _nothing(_time: datetime) -> str:
    return ""


def log(cluster: Cluster, kind: Kind, call: Call, source: PodLogs | None) -> Answered:
    """Raises ApiError: 404 without the pod, 400 without such a container or such a log."""
    info = call.info
    pod = cluster.live(kind, info.namespace, info.name)
    if pod is None:
        raise not_found(resource_of(kind), info.name)
    _check_query(call.query, info.name)
    options = _options(cluster, call.query, pod)
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


def _options(cluster: Cluster, query: Mapping[str, str], pod: Object) -> LogOptions:
    since: datetime | None = None
    if query.get("sinceSeconds"):
        since = cluster.clock.now() - timedelta(seconds=_number(query, "sinceSeconds") or 0)
    elif query.get("sinceTime"):
        since = parse(query["sinceTime"])
    return LogOptions(
        container=_container(query.get("container", ""), pod),
        previous=query.get("previous") in {"true", "1"},
        follow=query.get("follow") in {"true", "1"},
        timestamps=query.get("timestamps") in {"true", "1"},
        tail=_number(query, "tailLines"),
        limit=_number(query, "limitBytes"),
        since=since,
    )


def _check_query(query: Mapping[str, str], name: str) -> None:
    """Raises ApiError 422."""
    causes = [
        Cause("FieldValueInvalid", f"Invalid value: {_number(query, field)}: must be {rule}", field)
        for field, least, rule in (
            ("tailLines", 0, "greater than or equal to 0"),
            ("limitBytes", 1, "greater than 0"),
            ("sinceSeconds", 1, "greater than 0"),
        )
        if query.get(field) and (_number(query, field) or 0) < least
    ]
    if query.get("sinceSeconds") and query.get("sinceTime"):
        both = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        causes.append(Cause("FieldValueForbidden", both, "[]"))
    if causes:
        raise invalid(Resource("", "", "PodLogOptions"), name, causes)


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if not text:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error


def _names(spec: Object, field: str) -> list[str]:
    return [c["name"] for c in spec.get(field) or []]


def _container(wanted: str, pod: Object) -> str:
    """Raises ApiError 400 when it is not said which, or said wrongly."""
    spec, name = pod.get("spec") or {}, pod["metadata"]["name"]
    main, init = _names(spec, "containers"), _names(spec, "initContainers")
    if not wanted:
        if len(main) == 1:
            return main[0]
        choice = " ".join([*init, *main])
        raise bad_request(f"a container name must be specified for pod {name}, choose one of: [{choice}]")
    if wanted not in [*main, *init, *_names(spec, "ephemeralContainers")]:
        raise bad_request(f"container {wanted} is not valid for pod {name}")
    return wanted


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
