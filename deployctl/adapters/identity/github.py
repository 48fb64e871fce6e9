"""GitHub's OIDC token: asked of the runner each time, for it lives about five minutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from deployctl.adapters.identity.errors import IdentityUnavailable
from deployctl.adapters.proxy import is_local
from deployctl.adapters.replies import json_of
from deployctl.adapters.transport import Request, Transport
from deployctl.model.json import text

AUDIENCE = "api://AzureADTokenExchange"


def github_assertion(environ: Mapping[str, str], transport: Transport) -> Callable[[], str]:
    """A function that fetches a fresh assertion. It raises IdentityUnavailable and NoAnswer."""
    url, token = environ["ACTIONS_ID_TOKEN_REQUEST_URL"], environ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_local(parts.netloc):
        raise IdentityUnavailable("GitHub's token address is not https", (parts.netloc,))
    request = Request(
        "GET",
        f"{url}{'&' if parts.query else '?'}audience={quote(AUDIENCE, safe='')}",
        {"Authorization": f"Bearer {token}", "Accept": "application/json"},
    )

    def fetch() -> str:
        reply = transport.send(request)
        assertion = text(json_of(reply), "value")
        if reply.status != 200 or not assertion:
            what = "GitHub gave no OIDC token"
            raise IdentityUnavailable(
                what, (f"{parts.netloc}: HTTP {reply.status}",), action="permissions: id-token: write"
            )
        return assertion

    return fetch
