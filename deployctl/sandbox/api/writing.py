"""Create and update: the pipeline from what a client sent to what is stored."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from deployctl.sandbox.api import admission, strategy
from deployctl.sandbox.api.errors import ApiError, Resource, already_exists, bad_request, conflict, invalid, not_found
from deployctl.sandbox.api.kinds import resource_of, storage_of
from deployctl.sandbox.api.rules import Kind, track_update, validate_create, validate_update, with_defaults
from deployctl.sandbox.api.subresource_writes import UNVALIDATED
from deployctl.sandbox.api.writer import NO_PRECONDITIONS, Preconditions, Writer
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_MAX_GENERATED = 63 - 5


def random_suffix() -> str:
    """Five characters, of the alphabet that the real server uses (no vowels, nothing easily confused)."""
    return "".join(secrets.choice(_SUFFIX) for _ in range(5))


def create(cluster: Cluster, kind: Kind, namespace: str | None, body: Object, writer: Writer) -> Object:
    """The stored object (what would be stored, in a dry run). Raises ApiError."""
    obj = _shaped(cluster, kind, namespace, body)
    _name(kind, obj)
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
    obj = _shaped(cluster, kind, namespace, body)
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


def _shaped(cluster: Cluster, kind: Kind, namespace: str | None, obj: Object) -> Object:
    """With apiVersion, kind and namespace as the request says. Raises 400 when they contradict."""
    expected = (kind.api_version, kind.kind)
    given = (obj.get("apiVersion") or expected[0], obj.get("kind") or expected[1])
    if given != expected:
        raise bad_request(_mismatch(cluster, kind, given))
    obj = {
        "kind": kind.kind,
        "apiVersion": expected[0],
        **{k: v for k, v in obj.items() if k not in {"kind", "apiVersion"}},
    }
    metadata = obj["metadata"] = dict(obj.get("metadata") or {})
    if not kind.namespaced:
        metadata.pop("namespace", None)
        return obj
    if namespace and metadata.get("namespace") not in {None, "", namespace}:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    metadata["namespace"] = namespace or metadata.get("namespace") or "default"
    return obj


def _mismatch(cluster: Cluster, kind: Kind, given: tuple[str, str]) -> str:
    """What the decoder says of an object of another kind."""
    version = given[0].rpartition("/")[2]
    where = f'{given[1]} in version "{version}" cannot be handled as a {kind.kind}'
    other = cluster.kinds.of(*given)
    if other is None:
        scheme = 'in scheme "pkg/runtime/scheme.go:111"'
        return f'{where}: no kind "{given[1]}" is registered for version "{given[0]}" {scheme}'
    if (other.group, other.kind) == (kind.group, kind.kind):
        return f"the API version in the data ({given[0]}) does not match the expected API version ({kind.api_version})"
    internal = (kind.group.partition(".")[0] or "core").replace("-", "")
    return f"{where}: converting ({version}.{given[1]}) to ({internal}.{kind.kind}): unknown conversion"


def _name(kind: Kind, obj: Object) -> None:
    metadata = obj["metadata"]
    prefix = metadata.get("generateName")
    if not metadata.get("name") and prefix:
        metadata["name"] = prefix[:_MAX_GENERATED] + random_suffix()
    if not metadata.get("name"):
        message = "Required value: name or generateName is required"
        raise invalid(resource_of(kind), "", [Cause("FieldValueRequired", message, "metadata.name")])
