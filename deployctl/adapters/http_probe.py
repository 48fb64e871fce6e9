"""GET as a client of the service would, past any proxy, with a fresh connection each time."""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import urllib3

from deployctl.adapters.agent import user_agent
from deployctl.adapters.network import network_detail, network_kind
from deployctl.model.errors import UsageError
from deployctl.model.http import NoResponse, Response
from deployctl.ports import Clock

MAX_BODY = 1024 * 1024
"""Bytes; the rest of a longer body is not read."""
MAX_REDIRECTS = 5
CHUNK = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class HttpProbe:
    """The `Probe` port. `connect_to` is host:port to dial instead of the URL's, one for all or one for each scheme
    (`http=host:port,https=host:port`); Host and TLS name stay the URL's."""

    def __init__(
        self, clock: Clock, *, connect_to: str = "", ca_file: Path | None = None, timeout: float = 10.0
    ) -> None:
        self._clock = clock
        self._connect_to = connect_to
        self._ca_file = ca_file
        self._timeout = timeout
        self._trust: ssl.SSLContext | None = None

    def get(self, url: str, within: float | None = None) -> Response | NoResponse:
        """Raises UsageError only, for a URL, `connect_to` or CA file that can never work."""
        limit = self._timeout if within is None else min(within, self._timeout)
        deadline = self._clock.monotonic() + limit
        start = urlsplit(url)
        for _ in range(MAX_REDIRECTS + 1):
            try:
                answer, location = self._once(url, deadline)
            except (urllib3.exceptions.HTTPError, OSError, ssl.SSLError) as error:
                return NoResponse(network_kind(error), network_detail(error))
            if not location:
                return answer
            url = urljoin(url, location)
            if urlsplit(url).hostname != start.hostname:
                return NoResponse("redirects", f"redirected to another host: {urlsplit(url).netloc}")
        return NoResponse("redirects", f"more than {MAX_REDIRECTS} redirects")

    def _once(self, url: str, deadline: float) -> tuple[Response, str]:
        """The answer, and where it sends us on when it does."""
        parts = urlsplit(url)
        left = max(deadline - self._clock.monotonic(), 0.001)
        with self._pool(url) as pool:
            response = pool.request(
                "GET",
                urlsplit(url)._replace(scheme="", netloc="", fragment="").geturl() or "/",
                headers={
                    "Host": parts.netloc.rpartition("@")[2],
                    "User-Agent": user_agent(),
                    "Accept": "application/json, text/html;q=0.9, */*;q=0.8",
                    "Cache-Control": "no-cache",
                    "Connection": "close",
                },
                timeout=urllib3.Timeout(total=left),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            body = self._body(response, deadline)
            location = response.headers.get("Location", "") if response.status in REDIRECTS else ""
            return Response(response.status, response.headers.get("Content-Type", ""), body, url), location

    def _body(self, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        """Read until the end, the limit or the deadline: a server that drips bytes must not hold us up."""
        body = b""
        while len(body) < MAX_BODY:
            if self._clock.monotonic() > deadline:
                response.close()
                raise urllib3.exceptions.TimeoutError("the body was not complete in time")
            # read1 returns what has come; read would wait for a whole chunk.
            part = response.read1(CHUNK, decode_content=True)
            if not part:
                break
            body += part
        response.close()
        return body[:MAX_BODY]

    def _pool(self, url: str) -> urllib3.HTTPConnectionPool:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"{url!r} is no http or https address", action="correct `url` in deployctl.toml")
        host, port = self._address(parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        if parts.scheme == "http":
            return urllib3.HTTPConnectionPool(host, port)
        return urllib3.HTTPSConnectionPool(
            host,
            port,
            ssl_context=self._context(),
            server_hostname=parts.hostname,
            assert_hostname=parts.hostname,
        )

    def _address(self, scheme: str, host: str, port: int) -> tuple[str, int]:
        by_scheme = dict(part.split("=", 1) for part in self._connect_to.split(",") if "=" in part)
        address = by_scheme.get(scheme, "") if by_scheme else self._connect_to
        if not address:
            return host, port
        dialled = urlsplit(f"//{address}")
        try:
            return dialled.hostname or host, dialled.port or port
        except ValueError as error:
            raise UsageError(f"connect_to {self._connect_to!r} is not host:port") from error

    def _context(self) -> ssl.SSLContext:
        """The system's trust, and the environment's own CA beside it."""
        if self._trust is None:
            self._trust = ssl.create_default_context()
            if self._ca_file is not None:
                try:
                    self._trust.load_verify_locations(cafile=self._ca_file)
                except (OSError, ssl.SSLError) as error:
                    raise UsageError(
                        f"the CA file cannot be used: {error}", where=str(self._ca_file), action="correct `ca_file`"
                    ) from error
        return self._trust
