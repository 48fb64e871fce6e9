"""Azure Container Registry through its own SDK, with an Azure identity. Its exceptions are mapped here, once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from azure.containerregistry import ContainerRegistryClient, DigestValidationError
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)

from deployctl.adapters.azure_transport import azure_transport
from deployctl.adapters.identity.chain import AzureIdentity
from deployctl.adapters.registry.acr_tokens import KeptTokens
from deployctl.adapters.registry.failures import Answer, BadAnswer, Denied
from deployctl.adapters.registry.manifests import Document, media_type_of, verified
from deployctl.adapters.registry.reading import image_facts
from deployctl.adapters.replies import json_of
from deployctl.adapters.transport import Reply, no_answer
from deployctl.model.image import Image, ImageFacts
from deployctl.model.json import EMPTY, items, text

AUDIENCES = {
    "azurecr.cn": "https://management.chinacloudapi.cn",
    "azurecr.us": "https://management.usgovcloudapi.net",
}
"""Of the sovereign clouds; every other registry takes tokens for the public one's."""
AUDIENCE = "https://containerregistry.azure.net"


class AcrDoor:
    """A way into an ACR with an Azure identity. Raises Denied, BadAnswer, NoAnswer, IdentityUnavailable."""

    def __init__(self, endpoint: str, login_server: str, identity: AzureIdentity, ca_file: Path | None) -> None:
        self._host = endpoint
        self._facts: dict[tuple[str, str], ImageFacts] = {}
        self._client = ContainerRegistryClient(
            f"https://{endpoint}",
            identity,
            audience=AUDIENCES.get(".".join(login_server.split(".")[-2:]), AUDIENCE),
            retry_total=3,
            retry_backoff_max=8,
            timeout=60,
            transport=azure_transport(connection_timeout=10, read_timeout=30, ca_file=ca_file),
            logging_enable=False,
            per_call_policies=[KeptTokens(endpoint)],
        )

    def resolve(self, image: Image) -> ImageFacts | None:
        """Raises what the class says; None when there is no such tag, digest or repository."""
        document = self._get(image.repository, image.digest or image.tag)
        if document is None:
            return None
        key = (image.repository, document.digest)
        if key not in self._facts:
            self._facts[key] = image_facts(image, document, self)
        return replace(self._facts[key], image=replace(image, digest=document.digest))

    def tag(self, image: Image, digest: str, tags: tuple[str, ...]) -> None:
        """Exact bytes under more names."""
        document = self.manifest(image.repository, digest)
        for tag in tags:
            with self._mapped(f"{image.with_tag(tag)} could not be tagged"):
                stored = self._client.set_manifest(
                    image.repository, io.BytesIO(document.body), tag=tag, media_type=document.media_type
                )
            if stored != digest:
                raise BadAnswer(f"{image.with_tag(tag)} was stored as {stored} instead of {digest}")

    def lock(self, image: Image) -> None:
        """The tag alone: its manifest stays open, so that other tags may be moved to and from it."""
        with self._mapped(f"{image} could not be locked"):
            self._client.update_tag_properties(image.repository, image.tag, can_write=False, can_delete=False)

    def manifest(self, repository: str, digest: str) -> Document:
        """A manifest by digest, verified. Raises BadAnswer when it is gone."""
        document = self._get(repository, digest)
        if document is None:
            raise BadAnswer(f"{repository}@{digest} is not there")
        return document

    def blob(self, repository: str, digest: str) -> bytes:
        """A small blob by digest, verified."""
        with self._mapped(f"{repository}: blob {digest}"):
            body = b"".join(self._client.download_blob(repository, digest))
        return verified(body, digest, f"{repository}: blob {digest}")

    def _get(self, repository: str, reference: str) -> Document | None:
        bodies: list[bytes] = []

        def keep(response: Any) -> None:
            """The SDK gives the manifest parsed; putting it again needs the very bytes."""
            if response.http_response.status_code == 200:
                bodies.append(response.http_response.read())

        try:
            with self._mapped(f"{repository}: manifest {reference}"):
                found = self._client.get_manifest(repository, reference, raw_response_hook=keep)
        except _Absent:
            return None
        body = bodies[-1]
        return Document(str(found.digest), media_type_of(str(found.media_type), body), body)

    @contextmanager
    def _mapped(self, doing: str) -> Iterator[None]:
        """The SDK's exceptions in our words. Some of its own checks fail with ValueError and KeyError."""
        try:
            yield
        except ResourceNotFoundError as error:
            raise _Absent from error
        except HttpResponseError as error:
            raise refusal(doing, error) from error
        except DigestValidationError as error:
            raise BadAnswer(f"{doing}: the content is not what its digest says") from error
        except (ServiceRequestError, ServiceResponseError) as error:
            raise no_answer(self._host, error.inner_exception or error) from error
        except (AzureError, ValueError, KeyError) as error:
            raise BadAnswer(f"{doing}: the answer cannot be understood ({type(error).__name__})") from error


class _Absent(BadAnswer):
    """404: no such repository, tag or digest."""

    def __init__(self) -> None:
        super().__init__("it is not there", Answer(404))


def refusal(doing: str, error: HttpResponseError) -> Exception:
    """What an HTTP error of the SDK means: by its status, and by which of the token steps it came from."""
    answer = answer_of(error)
    if answer.status in (401, 403):
        return Denied(answer, note(error))
    if answer.status == 405:
        return BadAnswer(f"{doing}: it is locked in the registry against being overwritten", answer)
    return BadAnswer(f"{doing}: {answer}", answer)


def note(error: HttpResponseError) -> str:
    """Past `/oauth2/exchange` the registry has accepted the identity: what it then refuses is the repository."""
    path = urlsplit(str(getattr(getattr(error.response, "request", None), "url", ""))).path
    if path.endswith("/oauth2/exchange") or not path:
        return ""
    return "the identity itself is accepted: it may not open this repository, or the repository does not exist"


def answer_of(error: HttpResponseError) -> Answer:
    """Status, code and message in the registry's own words."""
    try:
        body = json_of(Reply(error.status_code or 0, {}, error.response.text().encode() if error.response else b""))
    except Exception:  # noqa: BLE001 - a body that was streamed away has no words; the status is enough
        body = EMPTY
    first = next(iter(items(body, "errors")), EMPTY)
    return Answer(error.status_code or 0, text(first, "code"), " ".join(text(first, "message").split())[:300])
