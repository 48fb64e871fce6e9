"""`/openapi/v3` and `/openapi/v2`, made from the catalogue of kinds."""

from __future__ import annotations

import hashlib

from deployctl.sandbox.api.errors import no_such_path
from deployctl.sandbox.api.http import openapi_v2
from deployctl.sandbox.api.http.call import Call, Reply
from deployctl.sandbox.api.kinds import Kinds
from deployctl.sandbox.api.rules import document, index
from deployctl.sandbox.store import encode

OPENAPI_V2 = "/openapi/v2"


class OpenApi:
    """Documents, each encoded once for each revision of the catalogue."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._made: dict[tuple[str, str], bytes] = {}
        self._revision = kinds.revision

    def answer(self, call: Call, path: str) -> Reply:
        """Raises ApiError 404 for a group version that is not served."""
        headers = {"Cache-Control": "no-cache, private", "Vary": "Accept"}
        media = openapi_v2.media(call.headers.get("Accept", "")) if path == OPENAPI_V2 else openapi_v2.JSON
        if media is None:
            return Reply(406, b"", "", headers)
        body = self._body(path, media)
        headers["ETag"] = f'"{hashlib.sha256(body).hexdigest().upper()}"'
        if call.headers.get("If-None-Match", "") == headers["ETag"]:
            return Reply(304, b"", "", headers)
        return Reply(200, body, media, headers)

    def _body(self, path: str, media: str) -> bytes:
        if self._revision != self._kinds.revision:
            self._made, self._revision = {}, self._kinds.revision
        if (path, media) not in self._made:
            v2 = path == OPENAPI_V2
            self._made[path, media] = openapi_v2.body(self._kinds, media) if v2 else encode(self._document(path))
        return self._made[path, media]

    def _document(self, path: str) -> object:
        if path == "/openapi/v3":
            return index(self._kinds)
        parts = path.removeprefix("/openapi/v3/").split("/")
        try:
            group, version = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2])
            return document(group, version, self._kinds)
        except (KeyError, IndexError) as error:
            raise no_such_path() from error
