"""`/openapi/v3`, made from the catalogue of kinds; `/openapi/v2` only as far as a document without paths goes."""

from __future__ import annotations

import hashlib

from deployctl.sandbox.api.errors import no_such_path
from deployctl.sandbox.api.http.call import Call, Reply
from deployctl.sandbox.api.kinds import Kinds
from deployctl.sandbox.api.rules import document, index
from deployctl.sandbox.store import encode

_PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
_V2_PROTOBUF = b"\x0a\x032.0\x12\x15\x0a\x0aKubernetes\x12\x07v1.37.2\x42\x00\x4a\x00"
"""The same document: swagger, info with title and version, no paths, no definitions. Older ways of kubectl to check a
manifest ask for nothing else, when a manifest names a kind that is not served."""
_V2 = {"swagger": "2.0", "info": {"title": "Kubernetes", "version": "v1.37.2"}, "paths": {}, "definitions": {}}


class OpenApi:
    """Documents, each encoded once for each revision of the catalogue."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._made: dict[str, bytes] = {}
        self._revision = kinds.revision

    def answer(self, call: Call, path: str) -> Reply:
        """Raises ApiError 404 for a group version that is not served."""
        if path == "/openapi/v2":
            return self._v2(call)
        body = self._body(path)
        tag = f'"{hashlib.sha256(body).hexdigest().upper()}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache, private", "Vary": "Accept"}
        if call.headers.get("If-None-Match", "") == tag:
            return Reply(304, b"", "", headers)
        return Reply(200, body, headers=headers)

    def _v2(self, call: Call) -> Reply:
        if "protobuf" in call.headers.get("Accept", ""):
            return Reply(200, _V2_PROTOBUF, _PROTOBUF)
        return Reply.of(_V2)

    def _body(self, path: str) -> bytes:
        if self._revision != self._kinds.revision:
            self._made, self._revision = {}, self._kinds.revision
        if path not in self._made:
            self._made[path] = encode(self._document(path))
        return self._made[path]

    def _document(self, path: str) -> object:
        if path == "/openapi/v3":
            return index(self._kinds)
        parts = path.removeprefix("/openapi/v3/").split("/")
        try:
            group, version = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2])
            return document(group, version, self._kinds)
        except (KeyError, IndexError) as error:
            raise no_such_path() from error
