"""Replies and streams onto the wire."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

import yaml
from aiohttp import web

from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.api.faults import Dropped
from deployctl.sandbox.api.http.accept import Rendering
from deployctl.sandbox.api.http.call import Answered, Reply, Stream

_PRETTY_AGENTS = ("curl/", "Wget/", "Mozilla/")


class Traced(Protocol):
    """Where the status of a stream is noted before it ends."""

    status: int


async def send(
    request: web.Request, answer: Answered, rendering: Rendering, headers: Mapping[str, str], trace: Traced
) -> web.StreamResponse:
    if isinstance(answer, Stream):
        return await _stream(request, answer, headers, trace)
    return _whole(request, answer, rendering, headers)


async def send_error(
    request: web.Request, error: ApiError, rendering: Rendering, headers: Mapping[str, str]
) -> web.StreamResponse:
    reply = Reply.of(error.status(), error.code)
    reply = Reply(reply.status, reply.body, headers=error.headers)
    return _whole(request, reply, rendering, headers)


def _whole(request: web.Request, reply: Reply, rendering: Rendering, headers: Mapping[str, str]) -> web.Response:
    body, content_type = _formed(request, reply, rendering)
    sent = {"Cache-Control": "no-cache, private", **headers, **reply.headers}
    if content_type:
        sent["Content-Type"] = content_type
    response = web.Response(status=reply.status, body=body, headers=sent)
    for warning in reply.warnings:
        quoted = warning.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.add("Warning", f'299 - "{quoted}"')
    return response


def _formed(request: web.Request, reply: Reply, rendering: Rendering) -> tuple[bytes, str]:
    if reply.content_type != "application/json":
        return reply.body, reply.content_type
    if rendering.media == "application/yaml":
        return yaml.safe_dump(json.loads(reply.body), allow_unicode=True).encode(), "application/yaml"
    if _pretty(request):
        return json.dumps(json.loads(reply.body), indent=2, ensure_ascii=False).encode(), reply.content_type
    return reply.body, reply.content_type


def _pretty(request: web.Request) -> bool:
    asked = request.query.get("pretty")
    if asked is not None:
        return asked not in {"0", "false"}
    return request.headers.get("User-Agent", "").startswith(_PRETTY_AGENTS)


def cut_short(answer: Answered, after: int) -> Answered:
    """The answer, whose connection is closed after so many bytes of it."""
    if isinstance(answer, Stream):
        return Stream(_first_bytes(answer.chunks, after), answer.content_type)
    return Stream(_first_bytes(_once(answer.body), after), answer.content_type)


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _first_bytes(chunks: AsyncIterator[bytes], after: int) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        yield chunk[:after]
        after -= len(chunk)
        if after <= 0:
            raise Dropped


async def _stream(
    request: web.Request, stream: Stream, headers: Mapping[str, str], trace: Traced
) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"Cache-Control": "no-cache, private", "Content-Type": stream.content_type, **headers}
    )
    response.enable_chunked_encoding()
    trace.status = 200
    await response.prepare(request)
    try:
        async for chunk in stream.chunks:
            if request.transport is None or request.transport.is_closing():
                break
            if chunk:
                await response.write(chunk)
        await response.write_eof()
    except ConnectionResetError:
        trace.status = 0
    except Dropped:
        if request.transport:
            request.transport.abort()
    finally:
        close = getattr(stream.chunks, "aclose", None)
        if close:
            await close()
    return response
