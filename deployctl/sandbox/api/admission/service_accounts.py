"""ServiceAccount: every pod runs as one, whose token, CA and namespace are mounted into its containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api.admission.request import Request
from deployctl.sandbox.api.errors import forbidden
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import clone

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_PREFIX = "kube-api-access-"
_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_TOKEN_SECONDS = 3607
_MIRROR = "kubernetes.io/config.mirror"


def admit(cluster: Cluster, request: Request) -> None:
    pod = request.obj
    if request.kind.resource != "pods" or request.operation != "CREATE" or request.subresource:
        return
    if _MIRROR in (pod["metadata"].get("annotations") or {}):
        return
    spec = pod["spec"]
    name = spec.get("serviceAccountName") or "default"
    spec["serviceAccountName"] = spec["serviceAccount"] = name
    account = cluster.get("serviceaccounts", pod["metadata"]["namespace"], name)
    if account is None:
        namespace = pod["metadata"]["namespace"]
        why = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
        raise forbidden(resource_of(request.kind), _name_so_far(pod["metadata"]), why)
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = clone(account["imagePullSecrets"])
    if _wants_token(spec, account):
        _mount(spec, cluster.suffix())


def _name_so_far(metadata: Object) -> str:
    """A generated name is not made yet when this part of admission looks."""
    prefix, name = metadata.get("generateName", ""), str(metadata["name"])
    return str(prefix) if prefix and name.startswith(prefix) else name


def _wants_token(spec: Object, account: Object) -> bool:
    for holder in (spec, account):
        if holder.get("automountServiceAccountToken") is not None:
            return bool(holder["automountServiceAccountToken"])
    return True


def _mount(spec: Object, suffix: str) -> None:
    volumes = spec.setdefault("volumes", [])
    volume = next((v["name"] for v in volumes if v["name"].startswith(_PREFIX)), _PREFIX + suffix)
    mounted = False
    for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
        mounts = container.get("volumeMounts") or []
        if not any(mount["mountPath"] == _PATH for mount in mounts):
            container["volumeMounts"] = [*mounts, {"name": volume, "readOnly": True, "mountPath": _PATH}]
            mounted = True
    if mounted and all(v["name"] != volume for v in volumes):
        volumes.append({"name": volume, "projected": _projected()})
    if not volumes:
        del spec["volumes"]


def _projected() -> Object:
    reference = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    return {
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": _TOKEN_SECONDS, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": reference}]}},
        ],
        "defaultMode": 420,
    }
