"""Requests to the API server: authenticated, bounded in time, tried again when that is safe."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlencode

import urllib3

from deployctl.adapters.agent import user_agent
from deployctl.adapters.kubernetes.failures import no_answer, not_authenticated, server_error
from deployctl.adapters.kubernetes.kubeconfig import ClusterSettings, Context, read_context
from deployctl.adapters.kubernetes.session import Session, open_session
from deployctl.adapters.network import network_kind
from deployctl.adapters.retries import API_SERVER, Transient, retry_after, retrying
from deployctl.model.json import EMPTY, Json, text
from deployctl.ports import Clock

CONNECT_TIMEOUT = 5.0
BEFORE_PROCESSING = frozenset({429, 503})
"""Answers that a server gives before it has done anything, so that any request may be sent again."""
PASSING = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Request:
    """One request to the API server. `body` may be a Secret, so it is in no repr."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: object = field(default=None, repr=False)
    content_type: str = "application/json"
    accept: str = "application/json"
    repeatable: bool = False
    """Whether sending it twice does the same as sending it once; a GET always is."""

    @property
    def url(self) -> str:
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


@dataclass(frozen=True)
class Answer:
    """An answer of the API server; any status but 401 and what was worth another try."""

    status: int
    body: bytes = field(repr=False)
    date: datetime | None
    """The server's clock, from the Date header."""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Json:
        """The body as an object; empty when it is none, as a proxy's error page."""
        try:
            value: Any = json.loads(self.body)
        except ValueError:
            return EMPTY
        return value if isinstance(value, dict) else EMPTY


class Connection:
    """One API server, connected to on the first request. Safe to use from several threads."""

    def __init__(self, settings: ClusterSettings, clock: Clock, environ: Mapping[str, str] = os.environ) -> None:
        self.settings = settings
        self._clock = clock
        self._environ = environ
        self._lock = threading.Lock()
        self._context: Context | None = None
        self._session: Session | None = None

    @property
    def context(self) -> Context:
        """Raises UsageError, and Refused when it is not the pinned cluster."""
        if self._context is None:
            self._context = read_context(self.settings, self._environ)
        return self._context

    def send(self, request: Request) -> Answer:
        """The server's answer. Raises Unavailable, UsageError (kubeconfig), Refused (not the pinned cluster)."""
        answer = retrying(API_SERVER, self._clock, lambda: self._try(request))
        if answer.status == 401:
            self._reopen()
            answer = retrying(API_SERVER, self._clock, lambda: self._try(request))
        if answer.status == 401:
            raise not_authenticated(self.context, self._open(), answer.json())
        return answer

    def close(self) -> None:
        if self._session is not None:
            self._session.close()

    def _try(self, request: Request) -> Answer:
        session = self._open()
        try:
            response = session.pool.request(
                request.method,
                session.server + request.url,
                body=_encoded(request),
                headers=self._headers(request, session),
                timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=self.settings.request_timeout),
                retries=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            failure = no_answer(self.context, error, self.settings.request_timeout)
            if network_kind(error) in ("refused", "dns") or _repeatable(request):
                raise Transient(failure) from error
            raise failure from error
        answer = Answer(response.status, response.data, _date(response.headers.get("Date")))
        if _worth_another_try(request, answer):
            asked = retry_after(response.headers.get("Retry-After", ""), answer.date or self._clock.now())
            raise Transient(
                server_error(self.context, request.method, request.path, answer.status, answer.json()), asked
            )
        return answer

    def _headers(self, request: Request, session: Session) -> dict[str, str]:
        headers = {"Accept": request.accept, "User-Agent": user_agent()}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        if authorization := session.authorization():
            headers["Authorization"] = authorization
        return headers

    def _open(self) -> Session:
        with self._lock:
            if self._session is None or self._session.expired(self._clock.now()):
                self._session = open_session(self.context, self._environ)
            return self._session

    def _reopen(self) -> None:
        """Credentials may have been replaced: a rotated token file, a plugin's token that was revoked."""
        with self._lock:
            self._session = None


def _encoded(request: Request) -> bytes | None:
    return None if request.body is None else json.dumps(request.body).encode()


def _repeatable(request: Request) -> bool:
    return request.repeatable or request.method == "GET"


def _worth_another_try(request: Request, answer: Answer) -> bool:
    """Never a 500 without a reason: the API server says so of a body that it cannot read, as in `failed to create typed
    patch object`, and would for ever. Its own troubles (etcd, a webhook) have a reason, such as InternalError."""
    if answer.status in BEFORE_PROCESSING:
        return True
    if answer.status == 500 and request.method != "GET" and not text(answer.json(), "reason"):
        return False
    return answer.status in PASSING and _repeatable(request)


def _date(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
