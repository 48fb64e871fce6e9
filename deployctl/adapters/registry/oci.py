"""Any OCI registry, spoken to as docker does (distribution spec 1.1): manifests and config blobs, tags by PUT."""

from __future__ import annotations

from dataclasses import replace

from deployctl.adapters.registry.answers import answer_of
from deployctl.adapters.registry.failures import BadAnswer, Denied
from deployctl.adapters.registry.manifests import ACCEPT, Document, digest_of, media_type_of, verified
from deployctl.adapters.registry.reading import image_facts
from deployctl.adapters.registry.session import Session
from deployctl.adapters.replies import json_of
from deployctl.adapters.transport import RETRIED, Reply
from deployctl.model.image import Image, ImageFacts

LOCKED = b'{"writeEnabled":false,"deleteEnabled":false}'
MAX_MANIFEST = 4 * 1024 * 1024
"""The distribution spec asks registries to take manifests up to here."""


class OciDoor:
    """A way into a registry with one credential. Raises Denied, BadAnswer, NoAnswer."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._facts: dict[tuple[str, str], ImageFacts] = {}

    def resolve(self, image: Image) -> ImageFacts | None:
        """HEAD for the digest, then the content by digest: a tag that moves in between cannot mix two images."""
        digest: str | None = image.digest or self._head(image.repository, image.tag)
        known = self._facts.get((image.repository, digest or ""))
        if known and not image.digest:
            return replace(known, image=replace(image, digest=known.digest))
        if digest is None:
            return None
        document = self._get(image.repository, digest) if digest else None
        if document is None and image.tag:  # HEAD gave no digest, or one that is not there: the content decides
            document = self._get(image.repository, image.tag)
        if document is None:
            return None
        facts = image_facts(image, document, self)
        self._facts[image.repository, document.digest] = facts
        return facts

    def tag(self, image: Image, digest: str, tags: tuple[str, ...]) -> None:
        """Exact bytes under more names. Raises BadAnswer when the manifest is gone or the registry refuses the tag."""
        document = self.manifest(image.repository, digest)
        for tag in tags:
            reply = self._session.send(
                "PUT",
                f"{image.repository}/manifests/{tag}",
                f"repository:{image.repository}:pull,push",
                headers={"Content-Type": document.media_type},
                body=document.body,
            )
            if reply.status not in (200, 201, 202):
                raise refused_put(image.with_tag(tag), reply)
            stored = reply.header("docker-content-digest")
            if stored and stored != digest:
                raise BadAnswer(f"{image.with_tag(tag)} was stored as {stored} instead of {digest}")

    def lock(self, image: Image) -> None:
        """ACR's own call, which needs `metadata/write` on the repository. Raises BadAnswer where it is not known."""
        reply = self._session.send(
            "PATCH",
            f"/acr/v1/{image.repository}/_tags/{image.tag}",
            f"repository:{image.repository}:metadata_write",
            headers={"Content-Type": "application/json"},
            body=LOCKED,
        )
        if reply.status != 200:
            raise BadAnswer(f"{image} could not be locked: {answer_of(reply)}", answer_of(reply))

    def manifest(self, repository: str, digest: str) -> Document:
        """A manifest by digest, verified. Raises BadAnswer when it is gone."""
        document = self._get(repository, digest)
        if document is None:
            raise BadAnswer(f"{repository}@{digest} is not there")
        return document

    def blob(self, repository: str, digest: str) -> bytes:
        """A small blob by digest, verified; registries may redirect to a store of theirs."""
        reply = self._session.send("GET", f"{repository}/blobs/{digest}", f"repository:{repository}:pull")
        if reply.status != 200:
            raise BadAnswer(f"{repository}: blob {digest}: {answer_of(reply)}", answer_of(reply))
        return verified(reply.body, digest, f"{repository}: blob {digest}")

    def _head(self, repository: str, tag: str) -> str | None:
        """The tag's digest; empty when the registry does not say; None when there is no such tag."""
        try:
            reply = self._ask("HEAD", repository, tag)
        except Denied:
            reply = self._ask("GET", repository, tag)  # an answer to HEAD has no words: ask for some
        if reply.status == 404:
            return "" if self._get(repository, tag) else None
        if reply.status in RETRIED:  # tried often enough: a GET would only be refused again
            raise BadAnswer(f"{repository}:{tag}: {answer_of(reply)}", answer_of(reply))
        return reply.header("docker-content-digest") if reply.status == 200 else ""

    def _get(self, repository: str, reference: str) -> Document | None:
        reply = self._ask("GET", repository, reference)
        if reply.status == 404:
            check_absence(reply, f"{repository}: manifest {reference}")
            return None
        if reply.status != 200:
            raise BadAnswer(f"{repository}: manifest {reference}: {answer_of(reply)}", answer_of(reply))
        said = reference if ":" in reference else reply.header("docker-content-digest")
        body = verified(reply.body, said, f"{repository}: manifest {reference}") if said else reply.body
        return Document(said or digest_of(body), media_type_of(reply.header("content-type"), body), body)

    def _ask(self, method: str, repository: str, reference: str) -> Reply:
        path = f"{repository}/manifests/{reference}"
        scope = f"repository:{repository}:pull"
        return self._session.send(method, path, scope, headers={"Accept": ACCEPT}, max_size=MAX_MANIFEST)


def check_absence(reply: Reply, what: str) -> None:
    """Raises BadAnswer unless a 404 is in a registry's words: any web server says 404, and nothing must be built anew
    because of a wrong address."""
    if "errors" not in json_of(reply):
        raise BadAnswer(f"{what}: HTTP 404, but not as a registry says it", answer_of(reply))


def refused_put(image: Image, reply: Reply) -> Exception:
    """Why a tag could not be put: 405 is how ACR says that it is locked."""
    answer = answer_of(reply)
    if reply.status == 405:
        return BadAnswer(f"{image} is locked in the registry against being overwritten", answer)
    return BadAnswer(f"{image} could not be tagged: {answer}", answer)
