"""What a write through a subresource changes; everything else stays as it is in the live object."""

from __future__ import annotations

from deployctl.sandbox.api.errors import invalid
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.qos import qos_class
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause
from deployctl.sandbox.store import clone

UNVALIDATED = frozenset({"resize", "ephemeralcontainers", "finalize"})
"""Subresources that may change what an update of the object itself may not; they check for themselves."""


def keep_others(kind: Kind, live: Object, obj: Object, subresource: str) -> None:
    """Bring `obj` (changed) to the live object plus what this subresource writes. Raises ApiError 422."""
    sent = clone(obj)
    if subresource == "status":
        _keep(live, obj, {"status", "metadata"})
        _status_metadata(kind, live, obj, sent)
        before = (live.get("status") or {}).get("qosClass")
        if kind.resource == "pods" and before:
            obj["status"] = {"qosClass": before, **(obj.get("status") or {})}
        return
    _keep(live, obj, set())
    obj["metadata"]["resourceVersion"] = sent["metadata"].get("resourceVersion", "")
    if subresource == "resize":
        _resize(kind, live, obj, sent)
    elif subresource == "scale":
        obj["spec"] = sent["spec"]
    elif subresource == "finalize":
        obj["spec"] = sent.get("spec") or {}
    elif subresource == "approval":
        obj["status"] = {**(live.get("status") or {}), "conditions": (sent.get("status") or {}).get("conditions") or []}
    elif subresource == "ephemeralcontainers":
        obj["spec"]["ephemeralContainers"] = (sent.get("spec") or {}).get("ephemeralContainers") or []


def _keep(live: Object, obj: Object, written: set[str]) -> None:
    for key in {*live, *obj} - written:
        if key in live:
            obj[key] = clone(live[key])
        else:
            del obj[key]


def _status_metadata(kind: Kind, live: Object, obj: Object, sent: Object) -> None:
    """Of the metadata, a status write may change annotations (labels too of pods, neither of custom kinds)."""
    obj["metadata"] = clone(live["metadata"])
    writable = ("labels", "annotations") if kind.resource == "pods" else () if kind.custom else ("annotations",)
    for key in ("resourceVersion", "managedFields", *writable):
        if sent["metadata"].get(key) is None:
            obj["metadata"].pop(key, None)
        else:
            obj["metadata"][key] = sent["metadata"][key]


def _resize(kind: Kind, live: Object, obj: Object, sent: Object) -> None:
    causes = []
    for field in ("containers", "initContainers"):
        wanted = {c["name"]: c for c in (sent.get("spec") or {}).get(field) or []}
        for index, container in enumerate(obj["spec"].get(field) or []):
            causes += _removed(f"spec.{field}[{index}].resources", container, wanted.get(container["name"], container))
            source = wanted.get(container["name"], container)
            for key in ("resources", "resizePolicy"):
                if key in source:
                    container[key] = clone(source[key])
    if causes:
        raise invalid(resource_of(kind), live["metadata"]["name"], causes)
    before = (live.get("status") or {}).get("qosClass") or qos_class(live["spec"])
    if qos_class(obj["spec"]) != before:
        text = f'Invalid value: "{before}": Pod QOS Class may not change as a result of resizing'
        raise invalid(resource_of(kind), live["metadata"]["name"], [Cause("FieldValueInvalid", text, "spec")])


def _removed(at: str, before: Object, after: Object) -> list[Cause]:
    """Amounts may change while a pod runs, and come, but none may go."""
    had, has = before.get("resources") or {}, after.get("resources") or {}
    return [
        Cause("FieldValueForbidden", f"Forbidden: resource {which} cannot be removed", f"{at}.{which}")
        for which in ("limits", "requests")
        if set(had.get(which) or ()) - set(has.get(which) or ())
    ]
