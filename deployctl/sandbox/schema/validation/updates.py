"""What may not change after creation, by kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation import config, rbac, scaling, services, storage
from deployctl.sandbox.schema.validation.cause import At, Causes, Struct, forbidden, immutable
from deployctl.sandbox.schema.validation.pods.update import pod_updated

SPEC = At("spec")
_STATEFUL_FREE = (
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
)  # fmt: skip


def _fixed(*fields: str) -> Callable[[Object, Object], Causes]:
    def check(old: Object, new: Object) -> Causes:
        before, after = old.get("spec") or {}, new.get("spec") or {}
        for field in fields:
            yield from immutable(SPEC / field, after.get(field), before.get(field))

    return check


def _stateful_set(old: Object, new: Object) -> Causes:
    before, after = old.get("spec") or {}, new.get("spec") or {}
    for field in ("selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy"):
        yield from immutable(SPEC / field, after.get(field), before.get(field))
    if _without(before, _STATEFUL_FREE) != _without(after, _STATEFUL_FREE):
        names = [f"'{f}'" for f in ("replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit")]
        names += ["'persistentVolumeClaimRetentionPolicy'"]
        detail = (
            f"updates to statefulset spec for fields other than {', '.join(names)} and 'minReadySeconds' are forbidden"
        )
        yield forbidden(SPEC, detail)


def _without(spec: Struct, fields: tuple[str, ...]) -> Struct:
    return {k: v for k, v in spec.items() if k not in fields}


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
    for field, name in (
        ("parameters", "parameters"),
        ("provisioner", "provisioner"),
        ("reclaimPolicy", "reclaimPolicy"),
    ):
        if old.get(field) != new.get(field):
            yield forbidden(At(name), f"updates to {name} are forbidden.")
    yield from immutable(At("volumeBindingMode"), new.get("volumeBindingMode"), old.get("volumeBindingMode"))


UPDATES: dict[str, Callable[[Object, Object], Causes]] = {
    "pods": pod_updated,
    "secrets": config.secret_updated,
    "configmaps": config.frozen,
    "services": services.service_updated,
    "persistentvolumeclaims": storage.claim_updated,
    "deployments.apps": _fixed("selector"),
    "replicasets.apps": _fixed("selector"),
    "daemonsets.apps": _fixed("selector"),
    "statefulsets.apps": _stateful_set,
    "jobs.batch": _job,
    "rolebindings.rbac.authorization.k8s.io": rbac.binding_updated,
    "clusterrolebindings.rbac.authorization.k8s.io": rbac.binding_updated,
    "storageclasses.storage.k8s.io": _storage_class,
    "priorityclasses.scheduling.k8s.io": scaling.priority_class_updated,
    "ingressclasses.networking.k8s.io": lambda old, new: immutable(
        SPEC / "controller", _controller(new), _controller(old)
    ),
}


def _controller(obj: Object) -> Any:
    return (obj.get("spec") or {}).get("controller")
