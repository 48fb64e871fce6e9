"""A run's log as an append blob: absent at first, growing, and final when its metadata says `Complete`."""

from __future__ import annotations

import re

from aiohttp import web

from deployctl.sandbox.arm.errors import StorageError
from deployctl.sandbox.arm.runs import Run

RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def answer(request: web.Request, run: Run) -> web.Response:
    """HEAD and GET, with `x-ms-range` or Range. Raises StorageError 404 before the agent starts, 416 past the end."""
    if not run.log_visible:
        raise StorageError(404, "BlobNotFound", "The specified blob does not exist.")
    headers = {"x-ms-blob-type": "AppendBlob", "Content-Type": "text/plain; charset=utf-8", "Accept-Ranges": "bytes"}
    if run.complete:
        headers["x-ms-meta-Complete"] = run.complete
    size = len(run.log)
    if request.method == "HEAD":
        return web.Response(headers={**headers, "Content-Length": str(size)})
    asked = request.headers.get("x-ms-range") or request.headers.get("Range")
    match = RANGE.fullmatch(asked) if asked else None
    if match is None:
        return web.Response(body=bytes(run.log), headers=headers)
    start, end = int(match[1]), min(int(match[2]) + 1 if match[2] else size, size)
    if start >= end:
        raise StorageError(416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return web.Response(status=206, body=bytes(run.log[start:end]), headers=headers)
