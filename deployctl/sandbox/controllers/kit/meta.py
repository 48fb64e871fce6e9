"""Reading and writing `metadata`: names, owners, labels, times. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from deployctl.sandbox.contracts import Object

Key = tuple[str, str]
"""Namespace ("" for cluster-scoped objects) and name."""


def key_of(obj: Object) -> Key:
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def name_of(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def namespace_of(obj: Object) -> str:
    return str(obj["metadata"].get("namespace", ""))


def uid_of(obj: Object) -> str:
    return str(obj["metadata"].get("uid", ""))


def labels_of(obj: Object) -> dict[str, str]:
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: Object) -> dict[str, str]:
    return obj["metadata"].get("annotations") or {}


def is_deleting(obj: Object) -> bool:
    return bool(obj["metadata"].get("deletionTimestamp"))


def controller_of(obj: Object) -> Object | None:
    """The owner reference that says `controller: true`."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            return dict(reference)
    return None


def owner_uid(obj: Object) -> str:
    """Uid of the managing controller; "" for an orphan."""
    reference = controller_of(obj)
    return str(reference["uid"]) if reference else ""


def controller_reference(owner: Object) -> Object:
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def timestamp(moment: datetime) -> str:
    """RFC 3339 with seconds, as metav1.Time is written."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_timestamp(moment: datetime) -> str:
    """RFC 3339 with microseconds, as metav1.MicroTime is written."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str | None) -> datetime | None:
    if not text:
        return None
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def created_at(obj: Object) -> str:
    """RFC 3339 in UTC sorts as text."""
    return str(obj["metadata"].get("creationTimestamp") or "")


def condition_of(status: Object, type_: str) -> Object | None:
    return next((c for c in status.get("conditions") or () if c["type"] == type_), None)


def with_metadata(obj: Object, **fields: Any) -> Object:
    """A copy with these metadata fields replaced; the rest is shared."""
    return {**obj, "metadata": {**obj["metadata"], **fields}}


def with_spec(obj: Object, **fields: Any) -> Object:
    return {**obj, "spec": {**obj.get("spec", {}), **fields}}


def with_status(obj: Object, status: Object) -> Object:
    return {**obj, "status": status}
