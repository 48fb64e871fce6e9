"""importImage: copying an image between registries, or to another tag, without building."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from deployctl.sandbox.arm.errors import ArmError
from deployctl.sandbox.arm.resources import Subscription
from deployctl.sandbox.registry.errors import RegistryError
from deployctl.sandbox.registry.records import Manifest
from deployctl.sandbox.registry.registry import Registry


@dataclass(frozen=True)
class Import:
    """From where, as which tags (`repository:tag`) and untagged repositories."""

    source: Registry
    repository: str
    reference: str
    targets: tuple[str, ...]
    untagged: tuple[str, ...]
    mode: Literal["Force", "NoForce"]


def read_import(body: object, subscription: Subscription) -> Import:
    """Raises ArmError 400 for a body that cannot be."""
    if not isinstance(body, dict) or not isinstance(body.get("source"), dict):
        raise ArmError(400, "InvalidRequestContent", "The property 'source' is required.")
    source, mode = body["source"], str(body.get("mode", "NoForce"))
    if mode not in {"Force", "NoForce"}:
        raise ArmError(400, "InvalidParameter", f"mode must be Force or NoForce, not {mode}")
    repository, reference = _split(str(source.get("sourceImage", "")))
    targets = tuple(str(target) for target in body.get("targetTags") or [])
    untagged = tuple(str(target) for target in body.get("untaggedTargetRepositories") or [])
    if not targets and not untagged:
        targets = (f"{repository}:{reference}",)
    forced: Literal["Force", "NoForce"] = "Force" if mode == "Force" else "NoForce"
    return Import(_source(source, subscription), repository, reference, targets, untagged, forced)


def _source(source: Mapping[str, Any], subscription: Subscription) -> Registry:
    by_id = subscription.find(str(source.get("resourceId", ""))) if source.get("resourceId") else None
    by_host = next((r for r in subscription.registries if r.host == source.get("registryUri")), None)
    found = by_id or by_host
    if found is None:
        named = source.get("resourceId") or source.get("registryUri")
        raise ArmError(400, "InvalidParameters", f"The source registry '{named}' cannot be reached.")
    return found


def _split(image: str) -> tuple[str, str]:
    repository, at, digest = image.partition("@")
    if at:
        return repository, digest
    repository, _, tag = image.rpartition(":")
    if not repository:
        raise ArmError(400, "InvalidParameters", f"sourceImage {image!r} names no tag or digest")
    return repository, tag


def perform(wanted: Import, target: Registry) -> None:
    """Copy. Raises ArmError: 404 no such source, 409 a target tag exists and is not to be forced, 405 locked."""
    try:
        manifest = wanted.source.storage.repository(wanted.repository).manifest(wanted.reference)
        _check_free(wanted, target)
        for name in wanted.targets:
            repository, _, tag = name.rpartition(":")
            _copy(wanted, manifest, target, repository, tag)
        for repository in wanted.untagged:
            _copy(wanted, manifest, target, repository, manifest.digest)
    except RegistryError as error:
        code = "ImageNotFound" if error.status == 404 else "RegistryError"
        raise ArmError(error.status, code, f"{error.message}: {wanted.repository}:{wanted.reference}") from error


def _check_free(wanted: Import, target: Registry) -> None:
    for name in wanted.targets if wanted.mode == "NoForce" else ():
        repository, _, tag = name.rpartition(":")
        existing = target.storage.repositories.get(repository)
        if existing is not None and tag in existing.tags:
            text = f"Tag {name} already exists in target registry. To overwrite the existing tag, set mode to Force."
            raise ArmError(409, "Conflict", text)


def _copy(wanted: Import, manifest: Manifest, target: Registry, repository: str, reference: str) -> None:
    source = wanted.source.storage
    for blob in manifest.parsed.blobs():
        target.storage.put_blob(repository, source.blob(wanted.repository, blob.digest))
    for child in manifest.parsed.children:
        child_manifest = source.repository(wanted.repository).manifest(child.digest)
        _copy(wanted, child_manifest, target, repository, child.digest)
    target.storage.put_manifest(repository, reference, manifest.body, manifest.parsed.media_type)
