"""Keeps the SDK's access tokens: left alone it makes four requests of every one, for it forgets them at once."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy

SCOPED = re.compile(r"/v2/(?P<repository>.+)/(?:manifests|blobs)/")


class KeptTokens(SansIOHTTPPolicy[Any, Any]):
    """Sends the token that last opened the same repository for the same kind of use. One that is no longer good is
    answered by 401, upon which the SDK fetches another as ever. It stands before the redirects, so that a token goes
    to the registry alone."""

    def __init__(self, host: str) -> None:
        super().__init__()
        self._host = host
        self._tokens: dict[tuple[str, bool], str] = {}

    def on_request(self, request: PipelineRequest[Any]) -> None:
        token = self._tokens.get(self._use(request.http_request))
        if token:
            request.http_request.headers["Authorization"] = token

    def on_response(self, _request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        sent = response.http_response.request
        use = self._use(sent)
        token = sent.headers.get("Authorization", "")
        if use[0] and token and response.http_response.status_code < 400:
            self._tokens[use] = token

    def _use(self, request: Any) -> tuple[str, bool]:
        """The repository, and whether it is written to; no repository for every other request and host."""
        parts = urlsplit(request.url)
        match = SCOPED.match(unquote(parts.path)) if parts.netloc == self._host else None
        return (match["repository"] if match else "", request.method not in ("GET", "HEAD"))
