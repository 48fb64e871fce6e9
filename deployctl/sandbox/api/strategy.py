"""What the server itself decides about an object: initial status, generation, what a write may not touch."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.subresource_writes import keep_others
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import clone

INITIAL_PHASE = {
    "pods": "Pending",
    "namespaces": "Active",
    "persistentvolumeclaims": "Pending",
    "persistentvolumes": "Pending",
}

TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"

KEEPS_STATUS = frozenset({"nodes", "apiservices.apiregistration.k8s.io", "events"})
"""Kinds whose create may carry a status: kubelets register themselves with one."""

WITH_GENERATION = frozenset(
    {
        "pods",
        "replicationcontrollers",
        "deployments.apps",
        "replicasets.apps",
        "statefulsets.apps",
        "daemonsets.apps",
        "jobs.batch",
        "cronjobs.batch",
        "ingresses.networking.k8s.io",
        "ingressclasses.networking.k8s.io",
        "networkpolicies.networking.k8s.io",
        "poddisruptionbudgets.policy",
        "podtemplates",
        "priorityclasses.scheduling.k8s.io",
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "endpointslices.discovery.k8s.io",
        "horizontalpodautoscalers.autoscaling",
        "customresourcedefinitions.apiextensions.k8s.io",
    }
)

NEEDS_RESOURCE_VERSION = frozenset({"leases.coordination.k8s.io", "customresourcedefinitions.apiextensions.k8s.io"})
"""Kinds that refuse an update without a resourceVersion; custom kinds do too."""

CREATED_BY_UPDATE = frozenset(
    {
        "events",
        "endpoints",
        "limitranges",
        "leases.coordination.k8s.io",
        "roles.rbac.authorization.k8s.io",
        "rolebindings.rbac.authorization.k8s.io",
        "clusterroles.rbac.authorization.k8s.io",
        "clusterrolebindings.rbac.authorization.k8s.io",
    }
)
"""Kinds that a PUT to a name that does not exist creates."""

_SERVER_OWNED = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
)


def timestamp(now: datetime) -> str:
    """metav1.Time: RFC 3339 with whole seconds."""
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def prepare_create(kind: Kind, obj: Object, now: datetime) -> None:
    """Reset what a creator may not set, and set what the server does. `obj` is changed."""
    resource, metadata = kind.resource, obj["metadata"]
    for name in (*_SERVER_OWNED, "resourceVersion"):
        metadata.pop(name, None)
    metadata["uid"] = str(uuid.uuid4())
    metadata["creationTimestamp"] = timestamp(now)
    if kind.custom or resource in WITH_GENERATION:
        metadata["generation"] = 1
    if resource in INITIAL_PHASE:
        obj["status"] = {"phase": INITIAL_PHASE[resource]}
    if resource in _ON_CREATE:
        _ON_CREATE[resource](obj)


def _new_namespace(obj: Object) -> None:
    obj["spec"] = {**(obj.get("spec") or {}), "finalizers": ["kubernetes"]}


def _new_job(obj: Object) -> None:
    """A job's pods carry its uid, unless it brings a selector of its own."""
    spec, metadata = obj["spec"], obj["metadata"]
    if spec.get("manualSelector"):
        return
    labels = spec["template"].setdefault("metadata", {}).setdefault("labels", {})
    for prefix in ("batch.kubernetes.io/", ""):
        labels.setdefault(f"{prefix}controller-uid", metadata["uid"])
        labels.setdefault(f"{prefix}job-name", metadata["name"])
    selector = spec.setdefault("selector", {})
    selector.setdefault("matchLabels", {}).setdefault("batch.kubernetes.io/controller-uid", metadata["uid"])


def _new_pod(obj: Object) -> None:
    """Gates that hold a pod back from the scheduler show in its conditions at once."""
    if obj["spec"].get("schedulingGates"):
        obj["status"]["conditions"] = [
            {
                "type": "PodScheduled",
                "status": "False",
                "lastProbeTime": None,
                "lastTransitionTime": obj["metadata"]["creationTimestamp"],
                "reason": "SchedulingGated",
                "message": "Scheduling is blocked due to non-empty scheduling gates",
            }
        ]


def _new_volume(obj: Object) -> None:
    obj["status"]["lastPhaseTransitionTime"] = obj["metadata"]["creationTimestamp"]


_ON_CREATE: dict[str, Callable[[Object], None]] = {
    "namespaces": _new_namespace,
    "jobs.batch": _new_job,
    "pods": _new_pod,
    "persistentvolumes": _new_volume,
}


def prepare_update(kind: Kind, live: Object, obj: Object, subresource: str) -> None:
    """Take from the live object what this write may not change. `obj` is changed, `live` only copied from."""
    if subresource:
        keep_others(kind, live, obj, subresource)
    elif "status" in kind.subresources:
        _put(obj, "status", live.get("status"))
    if kind.resource == "namespaces" and not subresource:
        _put(obj, "spec", live.get("spec"))
    uid = obj["metadata"].get("uid")
    for name in _SERVER_OWNED:
        _put(obj["metadata"], name, live["metadata"].get(name))
    if uid:
        obj["metadata"]["uid"] = uid


def _put(target: Object, key: str, value: Any) -> None:
    if value is None:
        target.pop(key, None)
    else:
        target[key] = clone(value)


def next_generation(kind: Kind, live: Object, obj: Object) -> None:
    """Raise `metadata.generation` when the desired state changed; for Deployments annotations count too."""
    generation = live["metadata"].get("generation")
    if generation is None or not _desired_state_changed(kind, live, obj):
        return
    obj["metadata"]["generation"] = generation + 1


def next_template_generation(kind: Kind, live: Object, obj: Object) -> None:
    """The older number of a DaemonSet's template, which only the server moves."""
    if kind.resource != "daemonsets.apps":
        return
    before = int(_annotations(live).get(TEMPLATE_GENERATION) or 1)
    changed = live["spec"].get("template") != obj["spec"].get("template")
    annotations = obj["metadata"].setdefault("annotations", {})
    annotations[TEMPLATE_GENERATION] = str(before + 1 if changed else before)


def _desired_state_changed(kind: Kind, live: Object, obj: Object) -> bool:
    ignored = {"metadata", "apiVersion", "kind"}
    if kind.custom:
        return _without(live, ignored | _status(kind)) != _without(obj, ignored | _status(kind))
    if kind.resource == "deployments.apps" and _annotations(live) != _annotations(obj):
        return True
    return _without(live, ignored | {"status"}) != _without(obj, ignored | {"status"})


def _status(kind: Kind) -> set[str]:
    return {"status"} if "status" in kind.subresources else set()


def _without(obj: Object, keys: set[str]) -> Object:
    return {key: value for key, value in obj.items() if key not in keys}


def _annotations(obj: Object) -> Object:
    annotations: Object = obj["metadata"].get("annotations") or {}
    return annotations


def is_same(live: Object, obj: Object) -> bool:
    """Whether a write would change nothing but times in managedFields (then nothing is written)."""
    return _comparable(live) == _comparable(obj)


def _comparable(obj: Object) -> Object:
    metadata = {k: v for k, v in obj["metadata"].items() if k != "resourceVersion"}
    fields = metadata.pop("managedFields", None) or []
    metadata["managedFields"] = [{k: v for k, v in entry.items() if k != "time"} for entry in fields]
    return {**obj, "metadata": metadata}
