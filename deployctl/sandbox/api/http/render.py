"""Objects and lists in the form that the client negotiated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from deployctl.sandbox.api import conversion, tables
from deployctl.sandbox.api.http.call import Call, Reply
from deployctl.sandbox.api.reading.listing import Page
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import Entry, encode

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster


def one(cluster: Cluster, kind: Kind, obj: Object, call: Call, status: int = 200) -> Reply:
    """A single object, of the requested version already."""
    if call.rendering.form == "Table":
        stored = conversion.to_stored(kind, cluster.stored_kind(kind), obj)
        return Reply.of(table(cluster, kind, [stored], _metadata(obj), call), status)
    if call.rendering.form == "PartialObjectMetadata":
        return Reply.of(partial(obj), status)
    return Reply.of(obj, status)


def scale(cluster: Cluster, obj: Object, call: Call, status: int = 200) -> Reply:
    if call.rendering.form == "Table":
        return Reply.of(tables.scale_table(obj, cluster.clock.now()), status)
    return Reply.of(obj, status)


def table(cluster: Cluster, kind: Kind, stored: Sequence[Object], metadata: Object, call: Call) -> Object:
    """Of objects in their stored version."""
    definition = cluster.kinds.definition(kind)
    printed = definition.columns if definition else ()
    return tables.table(kind, stored, metadata, now=cluster.clock.now(), query=call.query, printed=printed)


def partial(obj: Object) -> Object:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def page(cluster: Cluster, kind: Kind, found: Page, call: Call) -> Reply:
    """A list; the JSON of unchanged objects is made once and joined."""
    metadata = _list_metadata(found)
    if call.rendering.form == "Table":
        return Reply.of(table(cluster, kind, [entry.object for entry in found.entries], metadata, call))
    if call.rendering.form == "PartialObjectMetadataList":
        items = [partial(entry.object) for entry in found.entries]
        head: Object = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
        return Reply.of({**head, "metadata": metadata, "items": items})
    if kind.custom:
        metadata = {"continue": "", **metadata}
    head = {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": metadata}
    return Reply(200, _joined(head, [item(kind, entry) for entry in found.entries]))


def item(kind: Kind, entry: Entry) -> bytes:
    """One element of a list: built-in kinds leave out kind and apiVersion, custom ones do not."""
    if kind.custom:
        return whole(kind, entry)
    if conversion.reshapes(kind):
        content = conversion.to_served(kind, entry.object)
        return encode({key: value for key, value in content.items() if key not in {"kind", "apiVersion"}})
    return entry.body


def whole(kind: Kind, entry: Entry) -> bytes:
    """One object with kind and apiVersion, as events of a watch carry it."""
    if conversion.reshapes(kind):
        return encode(conversion.to_served(kind, entry.object))
    return entry.encoded(kind.kind, kind.api_version)


def _joined(head: Object, items: Sequence[bytes]) -> bytes:
    return encode(head)[:-1] + b',"items":[' + b",".join(items) + b"]}"


def _list_metadata(found: Page) -> Object:
    metadata: dict[str, Any] = {"resourceVersion": str(found.revision)}
    if found.continue_token:
        metadata["continue"] = found.continue_token
        if found.remaining is not None:
            metadata["remainingItemCount"] = found.remaining
    return metadata


def _metadata(obj: Object) -> Object:
    return {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
