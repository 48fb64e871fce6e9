"""What may not change after creation, by kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation import config, definitions, rbac, scaling, services, storage
from deployctl.sandbox.schema.validation.cause import At, Causes, immutable, invalid
from deployctl.sandbox.schema.validation.pods.update import pod_updated

SPEC = At("spec")


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
    started = bool((old.get("status") or {}).get("startTime"))
    if not before.get("suspend") or started:
        fixed.insert(2, "template")
    for field in fixed:
        yield from immutable(SPEC / field, after.get(field), before.get(field))


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
