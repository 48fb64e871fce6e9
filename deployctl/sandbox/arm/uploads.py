"""Blob storage for build contexts: put in one piece, or as blocks and then their list."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from aiohttp import web

from deployctl.sandbox.arm.errors import StorageError
from deployctl.sandbox.arm.sas import Links

KEPT = 8
"""Contexts that stay for another run; older ones go."""


@dataclass
class Uploads:
    """Blobs by path, and blocks that wait for their list."""

    links: Links
    blobs: dict[str, bytes] = field(default_factory=dict)
    _blocks: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        """PUT is all that an upload link permits."""
        return [web.put("/storage/{path:.+}", self.put)]

    async def put(self, request: web.Request) -> web.Response:
        """`Put Blob`, `Put Block` or `Put Block List`, by the query's `comp`."""
        path = request.match_info["path"]
        try:
            self.links.check(path, request.query, "cw")
            await self._store(request, path)
        except StorageError as error:
            return error.response()
        headers = {"ETag": '"0x8D"', "x-ms-version": request.headers.get("x-ms-version", "2022-11-02")}
        return web.Response(status=201, headers={**headers, "x-ms-request-server-encrypted": "true"})

    async def _store(self, request: web.Request, path: str) -> None:
        body = await request.read()
        what = request.query.get("comp", "")
        if what == "block":
            self._put_block(path, request.query.get("blockid", ""), body)
        elif what == "blocklist":
            self._put_list(path, body)
        elif what:
            raise StorageError(400, "InvalidQueryParameterValue", f"comp={what} is not known here")
        elif request.headers.get("x-ms-blob-type") != "BlockBlob":
            text = "An HTTP header that's mandatory for this request is not specified: x-ms-blob-type."
            raise StorageError(400, "MissingRequiredHeader", text)
        else:
            self._keep(path, body)

    def _put_block(self, path: str, block: str, body: bytes) -> None:
        blocks = self._blocks.setdefault(path, {})
        if not block or any(len(known) != len(block) for known in blocks):
            raise StorageError(400, "InvalidBlobOrBlock", "The specified blob or block content is invalid.")
        blocks[block] = body

    def _put_list(self, path: str, body: bytes) -> None:
        blocks = self._blocks.get(path, {})
        try:
            names = [element.text or "" for element in ET.fromstring(body)]  # noqa: S314 - from this machine's own clients
        except ET.ParseError as error:
            raise StorageError(400, "InvalidXmlDocument", str(error)) from error
        if not all(name in blocks for name in names):
            raise StorageError(400, "InvalidBlockList", "The specified block list is invalid.")
        self._keep(path, b"".join(blocks[name] for name in names))
        self._blocks.pop(path, None)

    def _keep(self, path: str, body: bytes) -> None:
        self.blobs.pop(path, None)
        self.blobs[path] = body
        while len(self.blobs) > KEPT:
            del self.blobs[next(iter(self.blobs))]
