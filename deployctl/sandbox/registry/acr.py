"""ACR's own data plane, `/acr/v1`: properties with times and sizes, locks, deletion."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from deployctl.sandbox.registry import errors
from deployctl.sandbox.registry.errors import RegistryError
from deployctl.sandbox.registry.manifests import paged
from deployctl.sandbox.registry.records import Attributes, Manifest, Repository, Tag
from deployctl.sandbox.registry.routing import Call, Route, route

Document = dict[str, Any]


async def catalog(call: Call) -> web.Response:
    """Repository names in pages."""
    page, headers = paged(call, call.registry.storage.names())
    return web.json_response({"repositories": page}, headers=headers)


async def get_repository(call: Call) -> web.Response:
    """Counts, times and locks of a repository."""
    repository = call.registry.storage.repository(call.name)
    return web.json_response(
        {
            **_head(call),
            **_times(repository),
            "manifestCount": len(repository.manifests),
            "tagCount": len(repository.tags),
            "changeableAttributes": attributes_document(repository.attributes),
        }
    )


async def patch_repository(call: Call) -> web.Response:
    """Lock or unlock the whole repository."""
    storage = call.registry.storage
    storage.set_repository_attributes(call.name, await _patched(call, storage.repository(call.name).attributes))
    return await get_repository(call)


async def delete_repository(call: Call) -> web.Response:
    """Everything in it goes."""
    manifests, tags = call.registry.storage.delete_repository(call.name)
    return web.json_response({"manifestsDeleted": manifests, "tagsDeleted": tags}, status=202)


async def list_tags(call: Call) -> web.Response:
    """Tags with their properties; `digest` filters, `orderby` sorts by time."""
    repository = call.registry.storage.repository(call.name)
    digest = call.query("digest")
    tags = {t.name: t for t in repository.tags.values() if t.attributes.list and (not digest or t.digest == digest)}
    page, headers = _ordered_page(call, {name: tag.updated for name, tag in tags.items()})
    return web.json_response({**_head(call), "tags": [_tag(tags[name]) for name in page]}, headers=headers)


async def get_tag(call: Call) -> web.Response:
    """One tag."""
    return web.json_response({**_head(call), "tag": _tag(_found_tag(call))})


async def patch_tag(call: Call) -> web.Response:
    """Lock or unlock a tag."""
    attributes = await _patched(call, _found_tag(call).attributes)
    call.registry.storage.set_tag_attributes(call.name, call.parts["tag"], attributes)
    return await get_tag(call)


async def delete_tag(call: Call) -> web.Response:
    """The tag goes, its manifest stays."""
    call.registry.storage.delete_tag(call.name, call.parts["tag"])
    return web.Response(status=202)


async def list_manifests(call: Call) -> web.Response:
    """Manifests with their properties."""
    repository = call.registry.storage.repository(call.name)
    shown = {m.digest: m for m in repository.manifests.values() if m.attributes.list}
    page, headers = _ordered_page(call, {digest: manifest.updated for digest, manifest in shown.items()})
    found = [_manifest(call, repository, shown[digest]) for digest in page]
    return web.json_response({**_head(call), "manifests": found}, headers=headers)


async def get_manifest(call: Call) -> web.Response:
    """One manifest."""
    repository = call.registry.storage.repository(call.name)
    return web.json_response({**_head(call), "manifest": _manifest(call, repository, _found_manifest(call))})


async def patch_manifest(call: Call) -> web.Response:
    """Lock or unlock a manifest."""
    attributes = await _patched(call, _found_manifest(call).attributes)
    call.registry.storage.set_manifest_attributes(call.name, call.parts["digest"], attributes)
    return await get_manifest(call)


def attributes_document(attributes: Attributes) -> Document:
    """As ACR spells them."""
    return {
        "deleteEnabled": attributes.delete,
        "writeEnabled": attributes.write,
        "readEnabled": attributes.read,
        "listEnabled": attributes.list,
    }


async def _patched(call: Call, old: Attributes) -> Attributes:
    try:
        wanted = await call.request.json()
        values = {key: wanted.get(f"{key}Enabled", getattr(old, key)) for key in ("delete", "write", "list", "read")}
    except (ValueError, AttributeError) as error:
        raise RegistryError(400, "INVALID", "the body is no JSON object of attributes") from error
    if not all(isinstance(value, bool) for value in values.values()):
        raise RegistryError(400, "INVALID", "attributes are true or false")
    return Attributes(**values)


def _found_tag(call: Call) -> Tag:
    tag = call.registry.storage.repository(call.name).tags.get(call.parts["tag"])
    if tag is None:
        raise RegistryError(404, "TAG_UNKNOWN", "the specified tag does not exist", {"Tag": call.parts["tag"]})
    return tag


def _found_manifest(call: Call) -> Manifest:
    manifest = call.registry.storage.repository(call.name).manifests.get(call.parts["digest"])
    if manifest is None:
        raise errors.manifest_unknown(call.parts["digest"])
    return manifest


def _ordered_page(call: Call, times: dict[str, datetime]) -> tuple[list[str], dict[str, str]]:
    """By name, or by time when asked; pages then follow that order."""
    orders: dict[str, Callable[[str], Any]] = {
        "timedesc": lambda name: -times[name].timestamp(),
        "timeasc": lambda name: times[name].timestamp(),
    }
    order = call.query("orderby")
    if order not in orders:
        return paged(call, sorted(times))
    names, last, limit = sorted(times, key=orders[order]), call.query("last"), call.query("n")
    rest = names[names.index(last) + 1 :] if last in times else names
    page = rest[: int(limit)] if limit.isdigit() else rest
    if len(page) == len(rest) or not page:
        return page, {}
    return page, {"Link": f'<{call.request.path}?last={page[-1]}&n={limit}&orderby={order}>; rel="next"'}


def _head(call: Call) -> Document:
    return {"registry": call.request.host, "imageName": call.name}


def _tag(tag: Tag) -> Document:
    attributes = attributes_document(tag.attributes)
    return {"name": tag.name, "digest": tag.digest, **_times(tag), "signed": False, "changeableAttributes": attributes}


def _manifest(call: Call, repository: Repository, manifest: Manifest) -> Document:
    os, architecture = call.registry.storage.architecture(repository.name, manifest)
    children = [{"digest": c.digest, "architecture": c.architecture, "os": c.os} for c in manifest.parsed.children]
    config = manifest.parsed.config
    return {
        "digest": manifest.digest,
        "imageSize": repository.size_of(manifest),
        **_times(manifest),
        **({"architecture": architecture, "os": os} if architecture else {}),
        "mediaType": manifest.parsed.media_type,
        **({"configMediaType": config.media_type} if config else {}),
        **({"references": children} if children else {}),
        "tags": repository.tags_of(manifest.digest),
        "changeableAttributes": attributes_document(manifest.attributes),
    }


def _times(thing: Repository | Manifest | Tag) -> Document:
    return {"createdTime": _time(thing.created), "lastUpdateTime": _time(thing.updated)}


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


ROUTES: tuple[Route, ...] = (
    route("GET", "/acr/v1/_catalog", catalog, "catalog"),
    route("GET", "/acr/v1/{name}/_tags", list_tags, "metadata_read"),
    route("GET", "/acr/v1/{name}/_tags/{tag}", get_tag, "metadata_read"),
    route("PATCH", "/acr/v1/{name}/_tags/{tag}", patch_tag, "metadata_write"),
    route("DELETE", "/acr/v1/{name}/_tags/{tag}", delete_tag, "delete"),
    route("GET", "/acr/v1/{name}/_manifests", list_manifests, "metadata_read"),
    route("GET", "/acr/v1/{name}/_manifests/{digest}", get_manifest, "metadata_read"),
    route("PATCH", "/acr/v1/{name}/_manifests/{digest}", patch_manifest, "metadata_write"),
    route("GET", "/acr/v1/{name}", get_repository, "metadata_read"),
    route("PATCH", "/acr/v1/{name}", patch_repository, "metadata_write"),
    route("DELETE", "/acr/v1/{name}", delete_repository, "delete"),
)
