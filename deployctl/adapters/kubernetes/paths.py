"""Where objects live under the API server's root."""

from __future__ import annotations

from urllib.parse import quote

from deployctl.model.manifest import ObjectRef
from deployctl.ports import Kind

DEPLOYMENTS = Kind("apps/v1", "Deployment", "deployments", namespaced=True)
STATEFUL_SETS = Kind("apps/v1", "StatefulSet", "statefulsets", namespaced=True)
DAEMON_SETS = Kind("apps/v1", "DaemonSet", "daemonsets", namespaced=True)
REPLICA_SETS = Kind("apps/v1", "ReplicaSet", "replicasets", namespaced=True)
CRON_JOBS = Kind("batch/v1", "CronJob", "cronjobs", namespaced=True)
JOBS = Kind("batch/v1", "Job", "jobs", namespaced=True)
PODS = Kind("v1", "Pod", "pods", namespaced=True)
EVENTS = Kind("v1", "Event", "events", namespaced=True)
NODES = Kind("v1", "Node", "nodes", namespaced=False)
SECRETS = Kind("v1", "Secret", "secrets", namespaced=True)
LEASES = Kind("coordination.k8s.io/v1", "Lease", "leases", namespaced=True)


def collection(kind: Kind, namespace: str) -> str:
    """The path of a kind's objects; of all namespaces when `namespace` is empty."""
    root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.api_version}"
    place = f"/namespaces/{quote(namespace, safe='')}" if kind.namespaced and namespace else ""
    return f"{root}{place}/{kind.plural}"


def item(kind: Kind, namespace: str, name: str) -> str:
    """The path of one object."""
    return f"{collection(kind, namespace)}/{quote(name, safe='')}"


def placed(ref: ObjectRef, kind: Kind, namespace: str) -> ObjectRef:
    """The reference with the namespace that the kind's scope gives it: `namespace` when a namespaced kind names none,
    none for a cluster-scoped kind, whatever kustomize wrote into it."""
    place = (ref.namespace or namespace) if kind.namespaced else ""
    return ObjectRef(ref.api_version, ref.kind, place, ref.name)
