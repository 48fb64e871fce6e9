"""Azure Resource Manager: JSON calls with an Azure identity, on azure-core's pipeline, without its retries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from azure.core import PipelineClient
from azure.core.exceptions import AzureError, ServiceRequestError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.core.rest import HttpRequest

from deployctl.adapters.agent import user_agent
from deployctl.adapters.azure_transport import azure_transport
from deployctl.adapters.builds.call import Call
from deployctl.adapters.builds.refusals import Ambiguous, ArmRefused
from deployctl.adapters.identity.chain import AzureIdentity
from deployctl.adapters.replies import json_of
from deployctl.adapters.retries import REGISTRY, Transient, retry_after, retrying
from deployctl.adapters.transport import Reply, no_answer
from deployctl.model.json import EMPTY, Json, mapping, text
from deployctl.ports import Clock

PUBLIC = ("management.azure.com", "management.chinacloudapi.cn", "management.usgovcloudapi.net")
PASSING = frozenset({408, 429, 500, 502, 503, 504})
NOT_BEGUN = frozenset({429, 503})
"""Refusals by which the service says that it has not begun; what is not repeatable may be repeated after them."""
LONGEST = 500


class Arm:
    """Calls to one management endpoint. Raises ArmRefused, NoAnswer, Ambiguous, IdentityUnavailable."""

    def __init__(
        self, endpoint: str, identity: AzureIdentity, clock: Clock, *, ca_file: Path | None, timeout: float
    ) -> None:
        self._base = base = endpoint.rstrip("/")
        self._host = urlsplit(base).netloc
        self._clock = clock
        self._identity = identity
        self._client: PipelineClient[Any, Any] = PipelineClient(
            base,
            policies=[BearerTokenCredentialPolicy(identity, f"{base}/.default")],
            transport=azure_transport(
                connection_timeout=10, read_timeout=timeout, ca_file=None if self._host in PUBLIC else ca_file
            ),
        )

    def call(self, call: Call) -> Json:
        """The JSON object of the answer; empty when it has none."""
        return json_of(self.send(call))

    def send(self, call: Call) -> Reply:
        """The whole answer, of a status below 300."""
        return retrying(REGISTRY, self._clock, lambda: self._try(call))

    def close(self) -> None:
        self._client.close()

    def _try(self, call: Call) -> Reply:
        try:
            reply = self._send(call)
        except ServiceRequestError as error:  # it never left this machine
            raise Transient(no_answer(self._host, error.inner_exception or error)) from error
        except AzureError as error:
            failure = no_answer(self._host, error.inner_exception or error)
            if call.repeatable:
                raise Transient(failure) from error
            raise Ambiguous(failure.problem.what, where=self._host) from error
        if reply.status < 300:
            return reply
        raise self._failure(call, reply)

    def _send(self, call: Call) -> Reply:
        query = urlencode({**call.query, "api-version": call.version})
        headers = {"User-Agent": user_agent(), "Accept": "application/json"}
        content = b"" if call.body is None else json.dumps(call.body).encode()
        if call.method == "POST":
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
        request = HttpRequest(call.method, f"{self._base}{call.path}?{query}", headers=headers, content=content or None)
        answer = self._client.send_request(request)
        return Reply(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.read())

    def _failure(self, call: Call, reply: Reply) -> Exception:
        error = mapping(json_of(reply), "error") or EMPTY
        message = " ".join(text(error, "message").split())[:LONGEST]
        refused = ArmRefused(reply.status, text(error, "code"), message, call.path, self._identity.name)
        if reply.status in (PASSING if call.repeatable else NOT_BEGUN):
            return Transient(refused, retry_after(reply.header("retry-after"), self._clock.now()))
        if reply.status in PASSING:
            return Ambiguous(refused.problem.what, where=call.path, evidence=refused.problem.evidence)
        return refused
