"""HTTP to registries over urllib3: time limits, retries, redirects, size limits. Knows nothing of images or tokens."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import urllib3

from deployctl.adapters.registry.failures import NoAnswer, describe_network_error
from deployctl.adapters.registry.hosts import is_local
from deployctl.adapters.registry.proxy import proxy_for

ATTEMPTS = 4
BUDGET = 60.0
"""Seconds that one request may take in all, waits between attempts included."""
MAX_REDIRECTS = 5
RETRIED = frozenset({408, 429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Request:
    """One request. Headers may hold credentials, so they are in no repr."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    max_size: int = 8 * 1024 * 1024
    """Bytes of the answer beyond which it is not believed."""


@dataclass(frozen=True)
class Reply:
    """A whole answer. Header names are lower case; a header sent twice is joined by a comma."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """The system's trust and, when one is named, the registry's own CA beside it (as docker's certs.d does)."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=str(ca_file))
    return context


class Transport:
    """Sends requests. `timeout` is seconds for one attempt; raises only NoAnswer."""

    def __init__(
        self,
        *,
        ca_file: Path | None = None,
        timeout: float = 30.0,
        environ: Mapping[str, str] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        user_agent: str = "deployctl",
    ) -> None:
        self._ca_file = ca_file
        self._timeout = timeout
        self._environ = environ or {}
        self._sleep = sleep
        self._monotonic = monotonic
        self._user_agent = user_agent
        self._pools: dict[str, urllib3.PoolManager] = {}

    def send(self, request: Request) -> Reply:
        """The final answer, after retries and redirects; any status. 303 and redirected GET/HEAD only."""
        for _ in range(MAX_REDIRECTS + 1):
            reply = self._with_retries(request)
            target = reply.header("location")
            if reply.status not in REDIRECTS or not target or request.method not in ("GET", "HEAD"):
                return reply
            request = redirected(request, target)
        raise NoAnswer(urlsplit(request.url).netloc, "redirects", f"more than {MAX_REDIRECTS} redirects")

    def close(self) -> None:
        for pool in self._pools.values():
            pool.clear()

    def _with_retries(self, request: Request) -> Reply:
        started = self._monotonic()
        for wait in (*backoff(ATTEMPTS), None):
            try:
                reply = self._once(request)
            except NoAnswer as failure:
                if wait is None or not failure.passing or self._spent(started, wait):
                    raise
                self._sleep(wait)
                continue
            if reply.status not in RETRIED or wait is None:
                return reply
            pause = retry_after(reply.header("retry-after"), wait)
            if self._spent(started, pause):
                return reply
            self._sleep(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _spent(self, started: float, wait: float) -> bool:
        return self._monotonic() - started + wait > BUDGET

    def _once(self, request: Request) -> Reply:
        host = urlsplit(request.url).netloc
        with mapped_errors(host):
            response = self._pool(request.url).request(
                request.method,
                request.url,
                body=request.body,
                headers={"User-Agent": self._user_agent, **request.headers},
                timeout=urllib3.Timeout(connect=min(10.0, self._timeout), read=self._timeout),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                body = self._read(response, request, host)
            finally:
                response.release_conn()
        return Reply(response.status, {k.lower(): v for k, v in response.headers.items()}, body)

    def _read(self, response: urllib3.BaseHTTPResponse, request: Request, host: str) -> bytes:
        deadline = self._monotonic() + self._timeout
        parts: list[bytes] = []
        size = 0
        for part in response.stream(64 * 1024, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > request.max_size:
                response.close()
                raise NoAnswer(host, "size", f"an answer of more than {request.max_size} bytes")
            if self._monotonic() > deadline:
                response.close()
                raise NoAnswer(host, "timeout", f"the answer was not complete after {self._timeout:g} s")
        return b"".join(parts)

    def _pool(self, url: str) -> urllib3.PoolManager:
        proxy = proxy_for(url, self._environ)
        if proxy not in self._pools:
            context = tls_context(self._ca_file)
            self._pools[proxy] = (
                urllib3.ProxyManager(proxy, ssl_context=context) if proxy else urllib3.PoolManager(ssl_context=context)
            )
        return self._pools[proxy]


def backoff(attempts: int) -> Iterator[float]:
    """Seconds to wait after each attempt but the last: 0.5, 1, 2 …"""
    return (0.5 * 2**n for n in range(attempts - 1))


def retry_after(header: str, otherwise: float) -> float:
    """Seconds that a server asked us to wait, when it said so in seconds; dates are rare enough to use our own."""
    return max(float(header), 0.1) if header.isdigit() else otherwise


def redirected(request: Request, location: str) -> Request:
    """Where a redirect leads. Authorization never travels to another host; https never becomes http."""
    target = urljoin(request.url, location)
    before, after = urlsplit(request.url), urlsplit(target)
    if after.scheme != "https" and not (after.scheme == "http" and is_local(after.netloc)):
        raise NoAnswer(before.netloc, "redirects", f"a redirect to {after.scheme}://{after.netloc}, which is not https")
    same = (before.scheme, before.netloc) == (after.scheme, after.netloc)
    headers = {k: v for k, v in request.headers.items() if same or k.lower() != "authorization"}
    return replace(request, url=target, headers=headers)


@contextmanager
def mapped_errors(host: str) -> Iterator[None]:
    """urllib3's exceptions become NoAnswer, once and here."""
    try:
        yield
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise describe_network_error(host, error) from error
