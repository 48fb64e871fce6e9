"""HTTP over urllib3 to registries and blob stores: time limits, retries, redirects, size limits, proxies.

Nothing it raises or shows holds more of a URL than its host: queries may be signatures, headers credentials.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import urllib3

from deployctl.adapters.agent import user_agent
from deployctl.adapters.network import network_detail, network_kind
from deployctl.adapters.proxy import is_local, proxy_for
from deployctl.adapters.retries import REGISTRY, RetryPolicy, Transient, retry_after, retrying
from deployctl.model.errors import Unavailable, UsageError
from deployctl.ports import Clock

MAX_REDIRECTS = 5
RETRIED = frozenset({408, 429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
CONNECT_TIMEOUT = 10.0
CONNECTIONS = 8
"""Kept open to one host."""


@dataclass(frozen=True)
class Request:
    """One request. URL and headers may hold credentials, so they are in no repr."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    max_size: int = 8 * 1024 * 1024
    """Bytes of the answer beyond which it is not believed."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc


@dataclass(frozen=True)
class Reply:
    """A whole answer. Header names are lower case; a header sent twice is joined by a comma."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")


class NoAnswer(Unavailable):
    """Nothing usable came back."""

    def __init__(self, host: str, detail: str, *, action: str = "try again", plain: bool = False) -> None:
        super().__init__(f"no answer: {detail}", where=host, action=action)
        self.plain = plain
        """The other side does not speak TLS."""


class _Retried(Unavailable):
    """An answer that is worth another try; it is returned when none is left."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"HTTP {reply.status}")
        self.reply = reply


class Transport:
    """Sends requests. `timeout` is seconds for one attempt; raises only NoAnswer, and UsageError for a bad CA file."""

    def __init__(self, clock: Clock, *, ca_file: Path | None, timeout: float, environ: Mapping[str, str]) -> None:
        self._clock = clock
        self._ca_file = ca_file
        self._timeout = timeout
        self._environ = environ
        self._pools: dict[str, urllib3.PoolManager] = {}

    def send(self, request: Request, policy: RetryPolicy = REGISTRY) -> Reply:
        """The final answer of any status, after retries and, for GET and HEAD, redirects."""
        for _ in range(MAX_REDIRECTS + 1):
            reply = self._with_retries(request, policy)
            target = reply.header("location")
            if reply.status not in REDIRECTS or not target or request.method not in ("GET", "HEAD"):
                return reply
            request = redirected(request, target)
        raise NoAnswer(request.host, f"more than {MAX_REDIRECTS} redirects")

    def close(self) -> None:
        for pool in self._pools.values():
            pool.clear()

    def _with_retries(self, request: Request, policy: RetryPolicy) -> Reply:
        try:
            return retrying(policy, self._clock, lambda: self._attempt(request))
        except _Retried as last:
            return last.reply

    def _attempt(self, request: Request) -> Reply:
        with _mapped_errors(request.host):
            reply = self._once(request)
        if reply.status in RETRIED:
            raise Transient(_Retried(reply), retry_after(reply.header("retry-after"), self._clock.now()))
        return reply

    def _once(self, request: Request) -> Reply:
        response = self._pool(request.url).request(
            request.method,
            request.url,
            body=request.body,
            headers={"User-Agent": user_agent(), **request.headers},
            timeout=urllib3.Timeout(connect=min(CONNECT_TIMEOUT, self._timeout), read=self._timeout),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            body = read_all(response, request, self._clock.monotonic, self._timeout)
        finally:
            response.release_conn()
        return Reply(response.status, {k.lower(): v for k, v in response.headers.items()}, body)

    def _pool(self, url: str) -> urllib3.PoolManager:
        proxy = proxy_for(url, self._environ)
        if proxy not in self._pools:
            context = tls_context(self._ca_file)
            self._pools[proxy] = (
                urllib3.ProxyManager(proxy, ssl_context=context, maxsize=CONNECTIONS)
                if proxy
                else urllib3.PoolManager(ssl_context=context, maxsize=CONNECTIONS)
            )
        return self._pools[proxy]


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """The system's trust and, when one is named, the server's own CA beside it (as docker's certs.d does)."""
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=str(ca_file))
        except OSError as error:
            raise UsageError(f"the CA file cannot be used: {error.strerror or error}", where=str(ca_file)) from error
    return context


def read_all(
    response: urllib3.BaseHTTPResponse, request: Request, monotonic: Callable[[], float], timeout: float
) -> bytes:
    """The whole body, not larger than the request allows and not slower than `timeout` seconds. Raises NoAnswer."""
    deadline = monotonic() + timeout
    parts: list[bytes] = []
    size = 0
    for part in response.stream(64 * 1024, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > request.max_size or monotonic() > deadline:
            response.close()
            why = f"more than {request.max_size} bytes" if size > request.max_size else f"not complete in {timeout:g} s"
            raise NoAnswer(request.host, f"its answer is {why}")
    return b"".join(parts)


def redirected(request: Request, location: str) -> Request:
    """Where a redirect leads. Authorization never travels to another host; https never becomes http."""
    target = urljoin(request.url, location)
    before, after = urlsplit(request.url), urlsplit(target)
    if after.scheme != "https" and not (after.scheme == "http" and is_local(after.netloc)):
        raise NoAnswer(before.netloc, f"it redirects to {after.scheme}://{after.netloc}, which is not https")
    same = (before.scheme, before.netloc) == (after.scheme, after.netloc)
    headers = {k: v for k, v in request.headers.items() if same or k.lower() != "authorization"}
    return replace(request, url=target, headers=headers)


@contextmanager
def _mapped_errors(host: str) -> Iterator[None]:
    """urllib3's exceptions become NoAnswer, once and here; those that may pass are tried again."""
    try:
        yield
    except (urllib3.exceptions.HTTPError, OSError) as error:
        failure = no_answer(host, error)
        if network_kind(error) in ("dns", "refused", "timeout", "reset"):
            raise Transient(failure) from error
        raise failure from error


def no_answer(host: str, error: BaseException) -> NoAnswer:
    """What a network error means for a person."""
    kind, detail = network_kind(error), network_detail(error)
    actions = {
        "dns": "check the host's name in the configuration, and the name server",
        "refused": "check the address and port, and that a firewall lets this machine in",
        "timeout": "check the network and the server's firewall rules; then try again",
        "tls": "if the server has a CA of its own, name its file: `ca_file` under [registry]",
    }
    words = {"dns": "its name cannot be resolved", "timeout": "not in time"}.get(kind, detail)
    return NoAnswer(
        host, words, action=actions.get(kind, "try again"), plain=kind == "tls" and speaks_plain(str(error))
    )


def speaks_plain(tls_error: str) -> bool:
    """Whether a TLS error says that the other side does not speak TLS at all, in OpenSSL's words."""
    words = tls_error.upper().replace(" ", "_")
    return any(s in words for s in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH"))
