"""All content of a registry, and the rules for changing it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from deployctl.sandbox.registry import errors
from deployctl.sandbox.registry.blob import Blob
from deployctl.sandbox.registry.errors import RegistryError
from deployctl.sandbox.registry.manifest import Parsed, parse
from deployctl.sandbox.registry.records import NAME, TAG, Attributes, Manifest, Repository, Tag


class Storage:
    """All of a registry's content. Writers go through here, so locks hold for every door.

    `changed` is called after each change (a folder that keeps the state listens).
    """

    def __init__(self, now: Callable[[], datetime], changed: Callable[[Storage], None] = lambda _: None) -> None:
        self.now = now
        self.blobs: dict[str, Blob] = {}
        self.repositories: dict[str, Repository] = {}
        self._changed = changed

    def repository(self, name: str) -> Repository:
        """Raises RegistryError 404 NAME_UNKNOWN."""
        found = self.repositories.get(name)
        if found is None:
            raise errors.name_unknown(name)
        return found

    def ensure(self, name: str) -> Repository:
        """The repository, made when it is new. Raises RegistryError 400 NAME_INVALID."""
        if not NAME.fullmatch(name) or len(name) > 255:
            raise RegistryError(400, "NAME_INVALID", "invalid repository name", {"name": name})
        now = self.now()
        return self.repositories.setdefault(name, Repository(name, now, now))

    def names(self) -> list[str]:
        """Repositories that hold a manifest, sorted."""
        return sorted(name for name, repository in self.repositories.items() if repository.manifests)

    def put_blob(self, name: str, blob: Blob) -> str:
        """Keep the blob and link it into the repository; the digest comes back."""
        repository = self.ensure(name)
        digest = blob.digest()
        self.blobs[digest] = blob
        repository.blobs.add(digest)
        self._changed(self)
        return digest

    def blob(self, name: str, digest: str) -> Blob:
        """Raises RegistryError 404 unless this repository has it."""
        repository = self.repositories.get(name)
        if repository is None or digest not in repository.blobs or digest not in self.blobs:
            raise errors.blob_unknown(digest)
        return self.blobs[digest]

    def mount(self, name: str, digest: str, source: str) -> bool:
        """Link a blob of another repository; False when that one has it not."""
        try:
            self.blob(source, digest)
        except RegistryError:
            return False
        self.ensure(name).blobs.add(digest)
        self._changed(self)
        return True

    def delete_blob(self, name: str, digest: str) -> None:
        """Unlink. Raises RegistryError 404."""
        self.blob(name, digest)
        self.repositories[name].blobs.discard(digest)
        self._forget_blob(digest)
        self._changed(self)

    def put_manifest(self, name: str, reference: str, body: bytes, content_type: str) -> Manifest:
        """Store, and move the tag when `reference` is one. Raises RegistryError 400 (invalid, missing blob), 405."""
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        if ":" in reference and reference != digest:
            raise errors.digest_invalid(reference)
        if ":" not in reference and not TAG.fullmatch(reference):
            raise RegistryError(400, "TAG_INVALID", "manifest tag did not match URI", {"Tag": reference})
        repository = self.ensure(name)
        parsed = parse(body, content_type)
        self._check_references(repository, parsed)
        self._check_writable(repository, reference, digest)
        now = self.now()
        old = repository.manifests.get(digest)
        manifest = replace(old, updated=now) if old else Manifest(digest, body, parsed, now, now)
        repository.manifests[digest] = manifest
        if reference != digest:
            tag = repository.tags.get(reference)
            moved = replace(tag, digest=digest, updated=now) if tag else Tag(reference, digest, now, now)
            repository.tags[reference] = moved
        repository.updated = now
        self._changed(self)
        return manifest

    def delete_tag(self, name: str, tag: str) -> None:
        """Remove the name, keep the manifest. Raises RegistryError 404, 405."""
        repository = self.repository(name)
        found = repository.tags.get(tag)
        if found is None:
            raise errors.manifest_unknown(tag)
        if not (found.attributes.delete and repository.attributes.delete):
            raise errors.locked(f"delete of {name}:{tag}")
        del repository.tags[tag]
        self._changed(self)

    def delete_manifest(self, name: str, digest: str) -> None:
        """Remove the manifest and every tag on it. Raises RegistryError 404, 405."""
        repository = self.repository(name)
        manifest = repository.manifests.get(digest)
        if manifest is None:
            raise errors.manifest_unknown(digest)
        tags = [repository.tags[tag] for tag in repository.tags_of(digest)]
        if not all(held.delete for held in (manifest.attributes, repository.attributes, *(t.attributes for t in tags))):
            raise errors.locked(f"delete of {name}@{digest}")
        del repository.manifests[digest]
        for tag in tags:
            del repository.tags[tag.name]
        self._changed(self)

    def delete_repository(self, name: str) -> tuple[list[str], list[str]]:
        """Remove everything; digests and tags that went. Raises RegistryError 404, 405."""
        repository = self.repository(name)
        held = [repository.attributes, *(m.attributes for m in repository.manifests.values())]
        if not all(attributes.delete for attributes in (*held, *(t.attributes for t in repository.tags.values()))):
            raise errors.locked(f"delete of {name}")
        del self.repositories[name]
        for digest in repository.blobs:
            self._forget_blob(digest)
        self._changed(self)
        return sorted(repository.manifests), sorted(repository.tags)

    def set_repository_attributes(self, name: str, attributes: Attributes) -> None:
        """Raises RegistryError 404."""
        self.repository(name).attributes = attributes
        self._changed(self)

    def set_tag_attributes(self, name: str, tag: str, attributes: Attributes) -> None:
        """Raises RegistryError 404."""
        repository = self.repository(name)
        if tag not in repository.tags:
            raise errors.manifest_unknown(tag)
        repository.tags[tag] = replace(repository.tags[tag], attributes=attributes, updated=self.now())
        self._changed(self)

    def set_manifest_attributes(self, name: str, digest: str, attributes: Attributes) -> None:
        """Raises RegistryError 404."""
        repository = self.repository(name)
        if digest not in repository.manifests:
            raise errors.manifest_unknown(digest)
        held = repository.manifests[digest]
        repository.manifests[digest] = replace(held, attributes=attributes, updated=self.now())
        self._changed(self)

    def referrers(self, name: str, digest: str) -> Iterator[Manifest]:
        """Manifests whose subject is that digest."""
        repository = self.repositories.get(name)
        for manifest in repository.manifests.values() if repository else ():
            if manifest.parsed.subject == digest:
                yield manifest

    def architecture(self, name: str, manifest: Manifest) -> tuple[str, str]:
        """(os, architecture) out of the config, empty strings when it has none."""
        config = manifest.parsed.config
        if config is None:
            return "", ""
        try:
            value = json.loads(self.blob(name, config.digest).content())
            return str(value.get("os", "")), str(value.get("architecture", ""))
        except (RegistryError, ValueError, AttributeError):
            return "", ""

    def _check_references(self, repository: Repository, parsed: Parsed) -> None:
        for blob in parsed.blobs():
            if blob.digest not in repository.blobs:
                detail = {"digest": blob.digest}
                raise RegistryError(400, "MANIFEST_BLOB_UNKNOWN", "manifest blob unknown to registry", detail)
        for child in parsed.children:
            if child.digest not in repository.manifests:
                raise RegistryError(400, "MANIFEST_UNKNOWN", "manifest unknown", {"digest": child.digest})

    @staticmethod
    def _check_writable(repository: Repository, reference: str, digest: str) -> None:
        tag = repository.tags.get(reference)
        manifest = repository.manifests.get(digest)
        held = [repository.attributes, *(thing.attributes for thing in (tag, manifest) if thing)]
        if not all(attributes.write for attributes in held):
            raise errors.locked(f"write of {repository.name}:{reference}")

    def _forget_blob(self, digest: str) -> None:
        if not any(digest in repository.blobs for repository in self.repositories.values()):
            self.blobs.pop(digest, None)
