"""What may not change after creation, by kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation import config, definitions, rbac, scaling, services, storage
from deployctl.sandbox.schema.validation.cause import At, Causes, immutable, invalid
from deployctl.sandbox.schema.validation.pods.update import pod_updated

SPEC = At("spec")
_PLACEMENT = ("affinity", "nodeSelector", "tolerations", "schedulingGates")


def _fixed(*fields: str) -> Callable[[Object, Object], Causes]:
    def check(old: Object, new: Object) -> Causes:
        before, after = old.get("spec") or {}, new.get("spec") or {}
        for field in fields:
            yield from immutable(SPEC / field, after.get(field), before.get(field))

    return check


def _job(old: Object, new: Object) -> Causes:
    before, after = old.get("spec") or {}, new.get("spec") or {}
    fixed: list[str] = [
        "selector",
        "completionMode",
        "podFailurePolicy",
        "backoffLimitPerIndex",
        "managedBy",
        "successPolicy",
    ]
    if after.get("completionMode") != "Indexed":
        fixed.insert(0, "completions")
    for field in fixed:
        yield from immutable(SPEC / field, after.get(field), before.get(field))
    started = bool((old.get("status") or {}).get("startTime"))
    loose = bool(before.get("suspend")) and not started
    pinned = _without_placement if loose else _same
    if pinned(after.get("template")) != pinned(before.get("template")):
        yield from immutable(SPEC / "template", after.get("template"), before.get("template"))


def _same(template: Any) -> Any:
    return template


def _without_placement(template: Any) -> Any:
    """A Job that has not begun may still be told where its pods run, and what they may use."""
    spec = {k: v for k, v in (template.get("spec") or {}).items() if k not in _PLACEMENT}
    containers = [{k: v for k, v in c.items() if k != "resources"} for c in spec.get("containers") or ()]
    metadata = {k: v for k, v in (template.get("metadata") or {}).items() if k not in ("labels", "annotations")}
    return {"metadata": metadata, "spec": {**spec, "containers": containers}}


def _storage_class(old: Object, new: Object) -> Causes:
    for field in ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"):
        if old.get(field) != new.get(field):
            # The real server does not show the value here.
            yield invalid(At(field), None, "field is immutable")


UPDATES: dict[str, Callable[[Object, Object], Causes]] = {
    "pods": pod_updated,
    "secrets": config.secret_updated,
    "configmaps": config.frozen,
    "services": services.service_updated,
    "persistentvolumeclaims": storage.claim_updated,
    "deployments.apps": _fixed("selector"),
    "replicasets.apps": _fixed("selector"),
    "daemonsets.apps": _fixed("selector"),
    "statefulsets.apps": _fixed("selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy"),
    "jobs.batch": _job,
    "rolebindings.rbac.authorization.k8s.io": rbac.binding_updated,
    "clusterrolebindings.rbac.authorization.k8s.io": rbac.binding_updated,
    "customresourcedefinitions.apiextensions.k8s.io": definitions.definition_updated,
    "storageclasses.storage.k8s.io": _storage_class,
    "priorityclasses.scheduling.k8s.io": scaling.priority_class_updated,
    "ingressclasses.networking.k8s.io": lambda old, new: immutable(
        SPEC / "controller", _controller(new), _controller(old)
    ),
}


def _controller(obj: Object) -> Any:
    return (obj.get("spec") or {}).get("controller")
