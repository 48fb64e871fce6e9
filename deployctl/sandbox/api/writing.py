"""Create and update: the pipeline from what a client sent to what is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from deployctl.sandbox.api import admission, strategy
from deployctl.sandbox.api.errors import ApiError, Resource, already_exists, bad_request, conflict, invalid, not_found
from deployctl.sandbox.api.kinds import resource_of, storage_of
from deployctl.sandbox.api.rules import Kind, track_update, validate_create, validate_update, with_defaults
from deployctl.sandbox.api.shaping import named, shaped
from deployctl.sandbox.api.subresource_writes import UNVALIDATED
from deployctl.sandbox.api.writer import NO_PRECONDITIONS, Preconditions, Writer
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster


def create(cluster: Cluster, kind: Kind, namespace: str | None, body: Object, writer: Writer) -> Object:
    """The stored object (what would be stored, in a dry run). Raises ApiError."""
    obj = shaped(cluster, kind, namespace, body)
    named(kind, obj)
    if obj["metadata"].get("resourceVersion"):
        raise ApiError(500, "", "resourceVersion should not be set on objects to be created")
    for given in ("managedFields", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion"):
        obj["metadata"].pop(given, None)
    if "status" in kind.subresources and kind.resource not in strategy.KEEPS_STATUS:
        obj.pop("status", None)
    obj = with_defaults(kind, obj)
    obj = track_update(kind, None, obj, manager=writer.manager, now=cluster.clock.now())
    return finish_create(cluster, kind, obj, writer)


def finish_create(cluster: Cluster, kind: Kind, obj: Object, writer: Writer) -> Object:
    """From a defaulted object with its managers to the store."""
    strategy.prepare_create(kind, obj, cluster.clock.now())
    request = admission.Request(kind, obj, None, "CREATE", writer)
    admission.admit(cluster, request)
    causes = validate_create(kind, obj)
    if causes:
        raise invalid(resource_of(kind), obj["metadata"]["name"], causes)
    namespace, name = obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
    if cluster.store.get(storage_of(kind), namespace, name):
        raise already_exists(resource_of(kind), name)
    admission.validate(cluster, request)
    # The real server sets defaults again when it reads back what it stored: a Job's labels come from its template,
    # which has been given some only now.
    obj = with_defaults(kind, obj)
    if writer.dry_run:
        return obj
    stored = cluster.put(kind, obj)
    cluster.hooks.created(kind, stored)
    return stored


Transform = Callable[[Object], Object]


def update(
    cluster: Cluster,
    kind: Kind,
    namespace: str | None,
    body: Object,
    writer: Writer,
    *,
    name: str = "",
    subresource: str = "",
    preconditions: Preconditions = NO_PRECONDITIONS,
) -> Object:
    """Replace the object, or one subresource of it. Raises ApiError (404, 409, 422 …)."""
    obj = shaped(cluster, kind, namespace, body)
    sent_name = obj["metadata"].get("name") or name
    if name and sent_name != name:
        raise bad_request(f"the name of the object ({sent_name}) does not match the name on the URL ({name})")
    obj["metadata"]["name"] = sent_name
    live = cluster.live(kind, obj["metadata"].get("namespace", ""), sent_name)
    if live is None:
        if kind.resource in strategy.CREATED_BY_UPDATE and not subresource:
            return create(cluster, kind, namespace, body, writer)
        raise not_found(resource_of(kind), sent_name)
    _check_version(kind, live, obj)
    return replace(cluster, kind, live, obj, writer, subresource=subresource, preconditions=preconditions)


def replace(
    cluster: Cluster,
    kind: Kind,
    live: Object,
    obj: Object,
    writer: Writer,
    *,
    subresource: str = "",
    preconditions: Preconditions = NO_PRECONDITIONS,
    patched: bool = False,
    tracked: bool = False,
) -> Object:
    """Put `obj` (ours to change) in the place of `live`; `tracked` when its managers are already right, `patched` when
    it was made of the live object, so that another uid is a change and no precondition.
    """
    check_preconditions(kind, live, preconditions)
    check_preconditions(kind, live, _own_preconditions(obj, patched=patched))
    obj = with_defaults(kind, obj)
    strategy.prepare_update(kind, live, obj, subresource)
    if not tracked and subresource != "binding":
        now = cluster.clock.now()
        obj = track_update(kind, live, obj, manager=writer.manager, now=now, subresource=subresource)
    return finish_update(cluster, kind, live, obj, writer, subresource=subresource)


def finish_update(
    cluster: Cluster, kind: Kind, live: Object, obj: Object, writer: Writer, *, subresource: str = ""
) -> Object:
    request = admission.Request(kind, obj, live, "UPDATE", writer, subresource)
    admission.admit(cluster, request)
    if subresource not in {"status", "binding"}:
        strategy.next_generation(kind, live, obj)
        strategy.next_template_generation(kind, live, obj)
    causes = () if subresource in UNVALIDATED else validate_update(kind, live, obj)
    if causes:
        raise invalid(resource_of(kind), obj["metadata"]["name"], causes)
    admission.validate(cluster, request)
    obj["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]
    if strategy.is_same(live, obj):
        return live
    if writer.dry_run:
        return obj
    stored = cluster.put(kind, obj)
    cluster.hooks.updated(kind, live, stored)
    return stored


def check_preconditions(kind: Kind, live: Object, wanted: Preconditions) -> None:
    """Raises 409 when the live object is another one, or another version, than the client meant."""
    name, metadata = live["metadata"]["name"], live["metadata"]
    if wanted.uid and wanted.uid != metadata["uid"]:
        key = "/".join(part for part in ("/registry", kind.plural, metadata.get("namespace", ""), name) if part)
        uids = f"UID in precondition: {wanted.uid}, UID in object meta: {metadata['uid']}"
        why = (
            f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, "
            f"AdditionalErrorMsg: Precondition failed: {uids}"
        )
        raise conflict(resource_of(kind), name, why)
    if wanted.resource_version and wanted.resource_version != metadata["resourceVersion"]:
        raise conflict(resource_of(kind), name)


def _own_preconditions(obj: Object, *, patched: bool) -> Preconditions:
    metadata = obj["metadata"]
    version = metadata.get("resourceVersion")
    return Preconditions(None if patched else metadata.get("uid"), version if version not in {"", "0"} else None)


def _check_version(kind: Kind, live: Object, obj: Object) -> None:
    needed = kind.custom or kind.resource in strategy.NEEDS_RESOURCE_VERSION
    if needed and not obj["metadata"].get("resourceVersion"):
        cause = Cause(
            "FieldValueInvalid", "Invalid value: 0: must be specified for an update", "metadata.resourceVersion"
        )
        raise invalid(Resource(kind.group, kind.plural, kind.plural), live["metadata"]["name"], [cause])
