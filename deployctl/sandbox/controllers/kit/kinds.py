"""Which resource a kind is, for following owner references. Custom kinds are learnt from their definitions."""

from __future__ import annotations

from deployctl.sandbox.contracts import Object

BUILT_IN = {
    ("v1", "Pod"): "pods",
    ("v1", "Service"): "services",
    ("v1", "ConfigMap"): "configmaps",
    ("v1", "Secret"): "secrets",
    ("v1", "ServiceAccount"): "serviceaccounts",
    ("v1", "PersistentVolumeClaim"): "persistentvolumeclaims",
    ("v1", "Endpoints"): "endpoints",
    ("v1", "Node"): "nodes",
    ("v1", "Namespace"): "namespaces",
    ("apps/v1", "Deployment"): "deployments.apps",
    ("apps/v1", "ReplicaSet"): "replicasets.apps",
    ("apps/v1", "StatefulSet"): "statefulsets.apps",
    ("apps/v1", "DaemonSet"): "daemonsets.apps",
    ("apps/v1", "ControllerRevision"): "controllerrevisions.apps",
    ("batch/v1", "Job"): "jobs.batch",
    ("batch/v1", "CronJob"): "cronjobs.batch",
    ("networking.k8s.io/v1", "Ingress"): "ingresses.networking.k8s.io",
    ("discovery.k8s.io/v1", "EndpointSlice"): "endpointslices.discovery.k8s.io",
    ("coordination.k8s.io/v1", "Lease"): "leases.coordination.k8s.io",
    ("policy/v1", "PodDisruptionBudget"): "poddisruptionbudgets.policy",
    ("autoscaling/v2", "HorizontalPodAutoscaler"): "horizontalpodautoscalers.autoscaling",
    ("rbac.authorization.k8s.io/v1", "Role"): "roles.rbac.authorization.k8s.io",
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): "rolebindings.rbac.authorization.k8s.io",
}
CLUSTER_SCOPED = frozenset({"nodes", "namespaces"})


def custom_kinds(definition: Object) -> dict[tuple[str, str], str]:
    """What a CustomResourceDefinition adds."""
    spec = definition["spec"]
    resource = f"{spec['names']['plural']}.{spec['group']}"
    return {(f"{spec['group']}/{v['name']}", spec["names"]["kind"]): resource for v in spec.get("versions") or ()}
