"""`/v2/{name}/manifests`, `tags/list`, `referrers` and `_catalog`."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from deployctl.sandbox.registry import errors
from deployctl.sandbox.registry.manifest import OCI_INDEX, OCI_MANIFEST
from deployctl.sandbox.registry.records import Manifest
from deployctl.sandbox.registry.routing import Call, Route, route

LARGEST = 4 << 20


async def get_manifest(call: Call) -> web.Response:
    """GET and HEAD; by tag or digest."""
    repository = call.registry.storage.repositories.get(call.name)
    if repository is None:
        raise errors.manifest_unknown(call.parts["reference"])
    manifest = repository.manifest(call.parts["reference"])
    _check_accepted(call, manifest)
    lie = call.registry.faults.take("registry-digest", host=call.registry.host, repository=call.name)
    digest = str(lie.get("digest") or f"sha256:{'0' * 64}") if lie else manifest.digest
    headers = {
        "Content-Type": manifest.parsed.media_type,
        "Docker-Content-Digest": digest,
        "ETag": f'"{digest}"',
        "Content-Length": str(len(manifest.body)),
    }
    return web.Response(body=b"" if call.request.method == "HEAD" else manifest.body, headers=headers)


def _check_accepted(call: Call, manifest: Manifest) -> None:
    """OCI's types are given only to clients that ask for them, as ACR and distribution do. Raises RegistryError 404."""
    media_type = manifest.parsed.media_type
    accepted = ",".join(call.request.headers.getall("Accept", []))
    if media_type in {OCI_MANIFEST, OCI_INDEX} and media_type not in accepted and "*/*" not in accepted:
        what = "index" if media_type == OCI_INDEX else "manifest"
        text = (
            f"OCI {what} found, but accept header does not support OCI {'indexes' if what == 'index' else 'manifests'}"
        )
        raise errors.RegistryError(404, "MANIFEST_UNKNOWN", text)


async def put_manifest(call: Call) -> web.Response:
    """Store a manifest under a tag or its digest."""
    body = await call.request.read()
    if len(body) > LARGEST:
        raise errors.RegistryError(413, "MANIFEST_INVALID", "manifest is larger than 4 MiB")
    content_type = call.request.headers.get("Content-Type", "")
    manifest = call.registry.storage.put_manifest(call.name, call.parts["reference"], body, content_type)
    headers = {
        "Location": f"/v2/{call.name}/manifests/{manifest.digest}",
        "Docker-Content-Digest": manifest.digest,
    }
    if manifest.parsed.subject:
        headers["OCI-Subject"] = manifest.parsed.subject
    return web.Response(status=201, headers=headers)


async def delete_manifest(call: Call) -> web.Response:
    """By digest with all its tags; a tag alone is removed as the specification says."""
    reference = call.parts["reference"]
    if ":" in reference:
        call.registry.storage.delete_manifest(call.name, reference)
    else:
        call.registry.storage.delete_tag(call.name, reference)
    return web.Response(status=202)


async def list_tags(call: Call) -> web.Response:
    """Sorted, in pages of `n` after `last`."""
    repository = call.registry.storage.repository(call.name)
    names = sorted(tag.name for tag in repository.tags.values() if tag.attributes.list)
    page, headers = paged(call, names)
    return web.json_response({"name": call.name, "tags": page}, headers=headers)


async def list_repositories(call: Call) -> web.Response:
    """`/v2/_catalog`."""
    page, headers = paged(call, call.registry.storage.names())
    return web.json_response({"repositories": page}, headers=headers)


async def list_referrers(call: Call) -> web.Response:
    """An index of the manifests that name this one as their subject."""
    wanted = call.query("artifactType")
    found: list[dict[str, Any]] = []
    for manifest in call.registry.storage.referrers(call.name, call.parts["digest"]):
        if wanted and manifest.parsed.artifact_type != wanted:
            continue
        entry = {
            "mediaType": manifest.parsed.media_type,
            "digest": manifest.digest,
            "size": len(manifest.body),
            "artifactType": manifest.parsed.artifact_type,
        }
        found.append({**entry, **({"annotations": a} if (a := manifest.parsed.annotations) else {})})
    headers = {"OCI-Filters-Applied": "artifactType"} if wanted else {}
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": found}
    return web.json_response(document, content_type=OCI_INDEX, headers=headers)


def paged(call: Call, names: list[str]) -> tuple[list[str], dict[str, str]]:
    """One page of sorted names, and the Link header when there are more."""
    last, limit = call.query("last"), call.query("n")
    rest = [name for name in names if not last or name > last]
    if not limit.isdigit():
        return rest, {}
    page = rest[: int(limit)]
    if len(rest) <= len(page) or not page:
        return page, {}
    return page, {"Link": f'<{call.request.path}?last={page[-1]}&n={limit}>; rel="next"'}


ROUTES: tuple[Route, ...] = (
    route("GET", "/v2/_catalog", list_repositories, "catalog"),
    route("GET", "/v2/{name}/tags/list", list_tags, "pull"),
    route("GET", "/v2/{name}/referrers/{digest}", list_referrers, "pull"),
    route("GET HEAD", "/v2/{name}/manifests/{reference}", get_manifest, "pull"),
    route("PUT", "/v2/{name}/manifests/{reference}", put_manifest, "pull,push"),
    route("DELETE", "/v2/{name}/manifests/{reference}", delete_manifest, "delete"),
)
