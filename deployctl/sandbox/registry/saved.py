"""A registry's content as JSON and back, for sandboxes that are kept across restarts."""

from __future__ import annotations

import base64
from dataclasses import asdict
from datetime import datetime
from typing import Any

from deployctl.sandbox.registry.blob import Blob
from deployctl.sandbox.registry.manifest import parse
from deployctl.sandbox.registry.records import Attributes, Manifest, Repository, Tag
from deployctl.sandbox.registry.storage import Storage

Document = dict[str, Any]


def dump(storage: Storage) -> Document:
    """Everything, zeros of declared layers as a number."""
    return {
        "blobs": [{"head": _text(blob.head), "zeros": blob.zeros} for blob in storage.blobs.values()],
        "repositories": [_repository(repository) for repository in storage.repositories.values()],
    }


def restore(storage: Storage, saved: Document) -> None:
    """Put it into an empty storage. Raises KeyError or ValueError when it was not written by `dump`."""
    for entry in saved["blobs"]:
        blob = Blob(base64.b64decode(entry["head"]), entry["zeros"])
        storage.blobs[blob.digest()] = blob
    for entry in saved["repositories"]:
        storage.repositories[entry["name"]] = _read_repository(entry)


def _repository(repository: Repository) -> Document:
    return {
        **_common(repository),
        "name": repository.name,
        "blobs": sorted(repository.blobs),
        "manifests": [
            {**_common(m), "body": _text(m.body), "media_type": m.parsed.media_type}
            for m in repository.manifests.values()
        ],
        "tags": [{**_common(t), "name": t.name, "digest": t.digest} for t in repository.tags.values()],
    }


def _read_repository(entry: Document) -> Repository:
    repository = Repository(entry["name"], *_read_common(entry), blobs=set(entry["blobs"]))
    for saved in entry["manifests"]:
        body = base64.b64decode(saved["body"])
        digest = Blob(body).digest()
        parsed = parse(body, saved["media_type"])
        repository.manifests[digest] = Manifest(digest, body, parsed, *_read_common(saved))
    for saved in entry["tags"]:
        repository.tags[saved["name"]] = Tag(saved["name"], saved["digest"], *_read_common(saved))
    return repository


def _common(thing: Repository | Manifest | Tag) -> Document:
    times = {"created": thing.created.isoformat(), "updated": thing.updated.isoformat()}
    return {**times, "attributes": asdict(thing.attributes)}


def _read_common(saved: Document) -> tuple[datetime, datetime, Attributes]:
    times = datetime.fromisoformat(saved["created"]), datetime.fromisoformat(saved["updated"])
    return *times, Attributes(**saved["attributes"])


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
