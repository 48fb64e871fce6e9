"""`/v2/{name}/blobs`: reading, ranges, deleting, and uploads in one piece or many."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field

from aiohttp import web

from deployctl.sandbox.registry import errors
from deployctl.sandbox.registry.blob import Blob
from deployctl.sandbox.registry.errors import RegistryError
from deployctl.sandbox.registry.records import DIGEST
from deployctl.sandbox.registry.routing import Call, Route, route

RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass
class Upload:
    """Bytes that have arrived for a blob to be."""

    repository: str
    data: bytearray = field(default_factory=bytearray)


@dataclass
class Uploads:
    """The uploads under way."""

    open: dict[str, Upload] = field(default_factory=dict)

    def start(self, repository: str) -> str:
        """A new upload's id."""
        fresh = str(uuid.uuid4())
        self.open[fresh] = Upload(repository)
        return fresh

    def find(self, call: Call) -> Upload:
        """Raises RegistryError 404 BLOB_UPLOAD_UNKNOWN."""
        upload = self.open.get(call.parts["upload"])
        if upload is None or upload.repository != call.name:
            raise RegistryError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        return upload


def uploads_of(call: Call) -> Uploads:
    """Of the application that serves this call."""
    return call.request.app[UPLOADS]


UPLOADS = web.AppKey("uploads", Uploads)


async def get_blob(call: Call) -> web.StreamResponse:
    """GET and HEAD, a range too; streamed, so that a declared layer of any size costs no memory."""
    digest = call.parts["digest"]
    blob = call.registry.storage.blob(call.name, digest)
    start, end = _range(call.request.headers.get("Range"), blob.size)
    partial = "Range" in call.request.headers
    response = web.StreamResponse(status=206 if partial else 200)
    response.content_type = "application/octet-stream"
    response.headers.update({"Docker-Content-Digest": digest, "Accept-Ranges": "bytes", "ETag": f'"{digest}"'})
    response.content_length = end - start
    if partial:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{blob.size}"
    await response.prepare(call.request)
    if call.request.method != "HEAD":
        for piece in blob.read(start, end):
            await response.write(piece)
    await response.write_eof()
    return response


def _range(header: str | None, size: int) -> tuple[int, int]:
    """Start and end (exclusive). Raises RegistryError 416."""
    if header is None:
        return 0, size
    match = RANGE.fullmatch(header)
    first, last = match.groups() if match else ("", "")
    if first:
        start, end = int(first), min(int(last) + 1 if last else size, size)
    else:
        start, end = max(size - int(last or 0), 0), size
    if not match or start >= end:
        raise RegistryError(416, "RANGE_INVALID", "invalid range", headers={"Content-Range": f"bytes */{size}"})
    return start, end


async def delete_blob(call: Call) -> web.Response:
    """Unlink it from this repository."""
    call.registry.storage.delete_blob(call.name, call.parts["digest"])
    return web.Response(status=202)


async def start_upload(call: Call) -> web.Response:
    """Mount from another repository, take a blob in one request, or open an upload."""
    mount, source, digest = call.query("mount"), call.query("from"), call.query("digest")
    storage = call.registry.storage
    storage.ensure(call.name)
    if mount and source and storage.mount(call.name, mount, source):
        return _created(call, mount)
    if digest:
        return _created(call, _keep(call, bytearray(await call.request.read()), digest))
    return _progress(call, uploads_of(call).start(call.name), 0, 202)


async def upload_status(call: Call) -> web.Response:
    """How far it has come."""
    return _progress(call, call.parts["upload"], len(uploads_of(call).find(call).data), 204)


async def append(call: Call) -> web.Response:
    """One chunk; out of order is 416."""
    upload = uploads_of(call).find(call)
    await _receive(call, upload)
    return _progress(call, call.parts["upload"], len(upload.data), 202)


async def finish(call: Call) -> web.Response:
    """The last chunk, if any, and the digest that all must have."""
    upload = uploads_of(call).find(call)
    await _receive(call, upload)
    digest = _keep(call, upload.data, call.query("digest"))
    del uploads_of(call).open[call.parts["upload"]]
    return _created(call, digest)


async def cancel(call: Call) -> web.Response:
    """Forget the upload."""
    uploads_of(call).find(call)
    del uploads_of(call).open[call.parts["upload"]]
    return web.Response(status=204)


async def _receive(call: Call, upload: Upload) -> None:
    declared = call.request.headers.get("Content-Range")
    if declared and not declared.removeprefix("bytes ").startswith(f"{len(upload.data)}-"):
        headers = _place(call, call.parts["upload"], len(upload.data))
        raise RegistryError(416, "RANGE_INVALID", "invalid content range", headers=headers)
    async for piece in call.request.content.iter_chunked(1 << 20):
        upload.data.extend(piece)


def _keep(call: Call, data: bytearray, digest: str) -> str:
    blob = Blob(bytes(data))
    if not DIGEST.fullmatch(digest) or blob.digest() != digest:
        raise errors.digest_invalid(digest)
    return call.registry.storage.put_blob(call.name, blob)


def _place(call: Call, id: str, size: int) -> dict[str, str]:
    location = f"/v2/{call.name}/blobs/uploads/{id}"
    return {"Location": location, "Range": f"0-{max(size - 1, 0)}", "Docker-Upload-UUID": id}


def _progress(call: Call, id: str, size: int, status: int) -> web.Response:
    return web.Response(status=status, headers=_place(call, id, size))


def _created(call: Call, digest: str) -> web.Response:
    headers = {"Location": f"/v2/{call.name}/blobs/{digest}", "Docker-Content-Digest": digest}
    return web.Response(status=201, headers=headers)


ROUTES: tuple[Route, ...] = (
    route("POST", "/v2/{name}/blobs/uploads/?", start_upload, "pull,push"),
    route("GET", "/v2/{name}/blobs/uploads/{upload}", upload_status, "pull,push"),
    route("PATCH", "/v2/{name}/blobs/uploads/{upload}", append, "pull,push"),
    route("PUT", "/v2/{name}/blobs/uploads/{upload}", finish, "pull,push"),
    route("DELETE", "/v2/{name}/blobs/uploads/{upload}", cancel, "pull,push"),
    route("GET HEAD", "/v2/{name}/blobs/{digest}", get_blob, "pull"),
    route("DELETE", "/v2/{name}/blobs/{digest}", delete_blob, "delete"),
)
