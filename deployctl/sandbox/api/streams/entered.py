"""exec and portforward: what is refused before the connection, the websocket, and what goes over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from deployctl.sandbox.api.errors import bad_request, not_found
from deployctl.sandbox.api.http.path import RequestInfo
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.streams.containers import Containers
from deployctl.sandbox.api.streams.executing import execute
from deployctl.sandbox.api.streams.forwarding import Forwarding
from deployctl.sandbox.contracts import Object

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

PROTOCOLS = {"exec": ("v5.channel.k8s.io", "v4.channel.k8s.io"), "portforward": ("SPDY/3.1+portforward.k8s.io",)}


def enters(info: RequestInfo) -> bool:
    """Whether the request is for one of these subresources."""
    return info.group == "" and info.resource == "pods" and info.subresource in PROTOCOLS


async def enter(
    cluster: Cluster, containers: Containers, info: RequestInfo, request: web.Request
) -> web.StreamResponse:
    """Serves until either side ends. Raises ApiError: 404 without the pod, 400 without an upgrade or a container."""
    kind = cluster.kind("pods")
    pod = cluster.live(kind, info.namespace, info.name)
    if pod is None:
        raise not_found(resource_of(kind), info.name)
    container = _container(pod, request.query.get("container", "")) if info.subresource == "exec" else ""
    if not request.headers.get("Upgrade"):
        raise bad_request("Upgrade request required")
    if container:
        try:
            containers.check(info.namespace, info.name, container)
        except LookupError as error:
            return web.Response(status=500, text=str(error.args[0]))
    if not _speaks(request, PROTOCOLS[info.subresource]):
        raise bad_request(f"the sandbox answers {info.subresource} over websockets, as kubectl asks since 1.31")
    if info.subresource == "exec":
        return await _exec(containers, info, container, request)
    return await _forward(containers, info, request)


def _speaks(request: web.Request, protocols: tuple[str, ...]) -> bool:
    offered = {p.strip().lower() for p in request.headers.get("Sec-WebSocket-Protocol", "").split(",")}
    is_websocket = request.headers["Upgrade"].lower() == "websocket"
    return is_websocket and bool(offered & {p.lower() for p in protocols})


def _container(pod: Object, name: str) -> str:
    names = [c["name"] for c in pod["spec"]["containers"]]
    every = [*names, *(c["name"] for c in pod["spec"].get("initContainers") or ())]
    if not name and len(names) > 1:
        told = " ".join(names)
        raise bad_request(
            f"a container name must be specified for pod {pod['metadata']['name']}, choose one of: [{told}]"
        )
    if name and name not in every:
        raise bad_request(f"container {name} is not valid for pod {pod['metadata']['name']}")
    return name or names[0]


async def _exec(containers: Containers, info: RequestInfo, container: str, request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse(protocols=PROTOCOLS["exec"])
    await socket.prepare(request)
    command = request.query.getall("command", [])
    for message in await execute(containers, info.namespace, info.name, container, command):
        await socket.send_bytes(message)
    await socket.close()
    return socket


async def _forward(containers: Containers, info: RequestInfo, request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse(protocols=PROTOCOLS["portforward"], max_msg_size=0)
    await socket.prepare(request)
    waiting: asyncio.Queue[bytes] = asyncio.Queue()

    async def drain() -> None:
        while True:
            await socket.send_bytes(await waiting.get())

    sender = asyncio.create_task(drain())
    try:
        await Forwarding(containers, info.namespace, info.name, waiting.put_nowait).run(_messages(socket))
    finally:
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)
    return socket


async def _messages(socket: web.WebSocketResponse) -> AsyncIterator[bytes]:
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            yield message.data
