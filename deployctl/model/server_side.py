"""Taking objects over from `kubectl apply`, and what applying would then remove. Pure; the API server does the rest.

`kubectl apply` leaves its whole configuration in an annotation and owns its fields under operation Update. Applying
server-side over that keeps what was taken out of the manifest, for the old writer still owns it
(kubernetes/kubernetes#99003). So ownership moves to us first, in one JSON patch; then applying removes what is gone.
"""

from __future__ import annotations

from typing import Any

from deployctl.model.field_sets import prune, union, without
from deployctl.model.json import Json, items, mapping, text
from deployctl.model.workload import RESTARTED_AT

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_ANNOTATION = ("f:metadata", "f:annotations", f"f:{LAST_APPLIED}")
_STAMP = ("f:spec", "f:template", "f:metadata", "f:annotations", f"f:{RESTARTED_AT}")
_ALWAYS = frozenset({"kubectl-client-side-apply", "before-first-apply"})

Patch = list[dict[str, Any]]
"""A JSON patch (RFC 6902)."""


def client_side_managers(body: Json) -> frozenset[str]:
    """The writers whose fields are ours to take: `kubectl apply`'s names, and whoever wrote its annotation."""
    return frozenset(text(entry, "manager") for entry in _entries(body) if _is_client_side(entry))


def migration_patch(live: Json, manager: str) -> Patch | None:
    """One patch that hands the fields of `kubectl apply` to `manager`; None when there is nothing to take.

    It is valid only for the resourceVersion of `live`: another write in between answers 409.
    """
    taken = client_side_managers(live)
    annotated = LAST_APPLIED in mapping(live, "metadata", "annotations")
    if not taken and not annotated:
        return None
    patch: Patch = [{"op": "remove", "path": f"/metadata/annotations/{_escaped(LAST_APPLIED)}"}] if annotated else []
    if taken:
        patch.append({"op": "replace", "path": "/metadata/managedFields", "value": _migrated(live, manager)})
    version = text(live, "metadata", "resourceVersion")
    return [*patch, {"op": "replace", "path": "/metadata/resourceVersion", "value": version}]


def after_migration(applied: Json) -> Json:
    """What the dry run of an apply over an object of `kubectl apply` leaves out: fields that only the old writer owns
    and that the migration would let us remove. Defaults that it owned go too; the API server has to set them again.
    """
    taken = client_side_managers(applied)
    old = [e for e in _entries(applied) if _takable(e) and text(e, "manager") in taken]
    mine: Json = {}
    for entry in old:
        if entry.get("apiVersion") == applied.get("apiVersion"):
            mine = union(mine, _without_stamp(mapping(entry, "fieldsV1")))
    theirs: Json = {}
    for entry in _entries(applied):
        theirs = theirs if entry in old else union(theirs, mapping(entry, "fieldsV1"))
    return without_annotation(prune(applied, mine, theirs), LAST_APPLIED)


def replacement_patch(live: Json, wanted: Json) -> Patch:
    """A patch that makes `live` be `wanted` but for what the API server itself keeps, such as uid and status."""
    patch = _replaced(live, wanted, "", {"apiVersion", "kind", "metadata", "status"})
    kept = {"labels", "annotations", "finalizers", "ownerReferences"}
    metadata = {k: v for k, v in mapping(live, "metadata").items() if k in kept}
    wanted_metadata = {k: v for k, v in mapping(wanted, "metadata").items() if k in kept}
    return [*patch, *_replaced(metadata, wanted_metadata, "/metadata", set())]


def without_restart_stamp(body: Json) -> Json:
    """A manifest without a restart annotation of its own: the restart is a writer of its own (RESTART_MANAGER)."""
    template = mapping(body, "spec", "template")
    if RESTARTED_AT not in mapping(template, "metadata", "annotations"):
        return body
    return {**body, "spec": {**mapping(body, "spec"), "template": without_annotation(template, RESTARTED_AT)}}


def without_annotation(body: Json, name: str) -> Json:
    """The object without one annotation; and without `annotations` when it was the only one."""
    annotations = mapping(body, "metadata", "annotations")
    if name not in annotations:
        return body
    metadata = {k: v for k, v in mapping(body, "metadata").items() if k != "annotations"}
    if left := {k: v for k, v in annotations.items() if k != name}:
        metadata["annotations"] = left
    return {**body, "metadata": metadata}


def _entries(body: Json) -> tuple[Json, ...]:
    return items(body, "metadata", "managedFields")


def _takable(entry: Json) -> bool:
    return entry.get("operation") == "Update" and not entry.get("subresource")


def _is_client_side(entry: Json) -> bool:
    owned: Any = mapping(entry, "fieldsV1")
    for key in _ANNOTATION:
        owned = owned.get(key) if isinstance(owned, dict) else None
    return _takable(entry) and (text(entry, "manager") in _ALWAYS or owned is not None)


def _migrated(live: Json, manager: str) -> list[Json]:
    """managedFields with the old writers' fields in our Apply entry. Sets of another apiVersion cannot be united with
    it and are dropped, as client-go's csaupgrade does: their fields then belong to nobody."""
    taken = client_side_managers(live)
    old = [e for e in _entries(live) if _takable(e) and text(e, "manager") in taken]
    rest = [e for e in _entries(live) if e not in old]
    ours = next((e for e in rest if _is_apply_of(e, manager)), None)
    target = ours or {**old[0], "manager": manager, "operation": "Apply"}
    fields: Json = mapping(ours, "fieldsV1")
    for entry in old:
        if entry.get("apiVersion") == target.get("apiVersion"):
            fields = union(fields, without(_without_stamp(mapping(entry, "fieldsV1")), _ANNOTATION))
    return [*(e for e in rest if e is not ours), {**target, "fieldsV1": fields}]


def _is_apply_of(entry: Json, manager: str) -> bool:
    return entry.get("operation") == "Apply" and text(entry, "manager") == manager and not entry.get("subresource")


def _without_stamp(fields: Json) -> Json:
    """Somebody's restart stays: removing its annotation would be another rollout."""
    return without(fields, _STAMP)


def _replaced(live: Json, wanted: Json, root: str, but: set[str]) -> Patch:
    changed = [k for k in wanted if k not in but and live.get(k) != wanted[k]]
    gone = [k for k in live if k not in but and k not in wanted]
    return [
        *({"op": "add", "path": f"{root}/{_escaped(k)}", "value": wanted[k]} for k in changed),
        *({"op": "remove", "path": f"{root}/{_escaped(k)}"} for k in gone),
    ]


def _escaped(key: str) -> str:
    """A key within a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
