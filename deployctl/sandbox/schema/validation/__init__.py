"""Whether an object may be stored: names, required fields, references within it, and what may not change.

The causes are worded as the real API server words them; several come in its order, as far as that has one.
"""

from __future__ import annotations

from collections.abc import Callable

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.kinds import Kind
from deployctl.sandbox.schema.validation import (
    config,
    custom,
    definitions,
    jobs,
    metadata,
    network,
    rbac,
    records,
    scaling,
    services,
    storage,
    workloads,
)
from deployctl.sandbox.schema.validation.cause import At, Cause, Causes
from deployctl.sandbox.schema.validation.pods.spec import pod_spec, template
from deployctl.sandbox.schema.validation.updates import UPDATES

__all__ = ["Cause", "validate_create", "validate_update"]


def validate_create(kind: Kind, obj: Object) -> list[Cause]:
    """What is wrong with a new, defaulted object; empty when it may be stored."""
    return [*metadata.created(kind, obj), *_content(kind, obj)]


def validate_update(kind: Kind, old: Object, new: Object) -> list[Cause]:
    """What is wrong with `new` as the successor of `old`, both defaulted."""
    changed = UPDATES.get(kind.resource)
    fixed = () if changed is None or kind.custom else changed(old, new)
    return _distinct([*metadata.updated(old, new), *_content(kind, new), *fixed])


def _content(kind: Kind, obj: Object) -> Causes:
    if kind.custom:
        return custom.resource(kind, obj)
    check = _CONTENT.get(kind.resource)
    return iter(()) if check is None else check(obj)


def _distinct(causes: list[Cause]) -> list[Cause]:
    return list(dict.fromkeys(causes))


def _pod(obj: Object) -> Causes:
    return pod_spec(At("spec"), obj.get("spec") or {}, is_pod=True)


def _pod_template(obj: Object) -> Causes:
    return template(At("template"), obj.get("template") or {})


_CONTENT: dict[str, Callable[[Object], Causes]] = {
    "configmaps": config.config_map,
    "secrets": config.secret,
    "pods": _pod,
    "podtemplates": _pod_template,
    "services": services.service,
    "persistentvolumeclaims": storage.claim,
    "persistentvolumes": storage.volume,
    "events": records.event,
    "leases.coordination.k8s.io": records.lease,
    "limitranges": scaling.limit_range,
    "resourcequotas": scaling.quota,
    "replicationcontrollers": workloads.replication_controller,
    "deployments.apps": workloads.deployment,
    "replicasets.apps": workloads.replica_set,
    "statefulsets.apps": workloads.stateful_set,
    "daemonsets.apps": workloads.daemon_set,
    "jobs.batch": jobs.job,
    "cronjobs.batch": jobs.cron_job,
    "ingresses.networking.k8s.io": network.ingress,
    "ingressclasses.networking.k8s.io": network.ingress_class,
    "networkpolicies.networking.k8s.io": network.network_policy,
    "roles.rbac.authorization.k8s.io": rbac.role,
    "clusterroles.rbac.authorization.k8s.io": rbac.cluster_role,
    "rolebindings.rbac.authorization.k8s.io": rbac.role_binding,
    "clusterrolebindings.rbac.authorization.k8s.io": rbac.cluster_role_binding,
    "horizontalpodautoscalers.autoscaling": scaling.autoscaler,
    "poddisruptionbudgets.policy": scaling.budget,
    "priorityclasses.scheduling.k8s.io": scaling.priority_class,
    "storageclasses.storage.k8s.io": storage.storage_class,
    "customresourcedefinitions.apiextensions.k8s.io": definitions.definition,
}
