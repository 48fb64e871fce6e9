"""Defaults that follow from other fields of a struct, by type. A function completes a decoded struct in place."""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Callable
from typing import Any

from deployctl.sandbox.schema.quantity import parse

Struct = dict[str, Any]

_RBAC = "rbac.authorization.k8s.io"
_MOST = 2**31 - 1
_GENERATION = "deprecated.daemonset.template.generation"
_REFERENCE = re.compile(
    r"(?:[A-Za-z0-9.-]+(?::\d+)?/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?P<digest>@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,})?"
)


def pull_policy(image: str) -> str:
    """Always for `:latest`, written or meant; IfNotPresent for other tags, digests and what is no reference."""
    match = _REFERENCE.fullmatch(image)
    latest = bool(match) and (match["tag"] == "latest" or not (match["tag"] or match["digest"]))  # type: ignore[index]
    return "Always" if latest else "IfNotPresent"


def _container(container: Struct) -> None:
    container.setdefault("imagePullPolicy", pull_policy(container.get("image", "")))


def _image_volume(source: Struct) -> None:
    source.setdefault("pullPolicy", pull_policy(source.get("reference", "")))


def _volume(volume: Struct) -> None:
    if set(volume) <= {"name"}:
        volume["emptyDir"] = {}


def _pod_spec(spec: Struct) -> None:
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account


def _pod(pod: Struct) -> None:
    spec = pod["spec"]
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        spec["terminationGracePeriodSeconds"] = 1
    spec.setdefault("enableServiceLinks", True)
    for container in (spec.get("containers") or []) + (spec.get("initContainers") or []):
        _request_limits(container["resources"])
        if spec.get("hostNetwork"):
            for port in container.get("ports") or []:
                if not port.get("hostPort"):
                    port["hostPort"] = port["containerPort"]


def _request_limits(needs: Struct) -> None:
    """What is limited and not requested is requested as limited: in pods only, never in templates."""
    if needs.get("limits"):
        needs["requests"] = {**needs["limits"], **(needs.get("requests") or {})}


def _resources(*fields: str) -> Callable[[Struct], None]:
    def complete(struct: Struct) -> None:
        for field in fields:
            if struct.get(field):
                struct[field] = {k: str(parse(v).rounded_up()) for k, v in struct[field].items()}

    return complete


def _pod_status(status: Struct) -> None:
    ip, ips = status.get("podIP"), status.get("podIPs")
    if ip and (not ips or ips[0].get("ip") != ip):
        status["podIPs"] = [{"ip": ip}]
    elif ips and not ip:
        status["podIP"] = ips[0]["ip"]


def _service(spec: Struct) -> None:
    kind = spec["type"]
    for port in spec.get("ports") or []:
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port["port"]
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    elif ((spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}).get("timeoutSeconds") is None:
        spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": 10800}}
    if kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and spec.get("externalIPs")):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind in ("ClusterIP", "NodePort", "LoadBalancer"):
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)


def _load_balancer_ingress(ingress: Struct) -> None:
    if ingress.get("ip"):
        ingress.setdefault("ipMode", "VIP")


def _rolling_update(strategy: Struct) -> None:
    if strategy["type"] == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {})


def _stateful_set_strategy(strategy: Struct) -> None:
    if "type" not in strategy:
        strategy["type"] = "RollingUpdate"
        strategy.setdefault("rollingUpdate", {})
    if strategy["type"] == "RollingUpdate" and "rollingUpdate" in strategy:
        strategy["rollingUpdate"].setdefault("partition", 0)
        strategy["rollingUpdate"].setdefault("maxUnavailable", 1)


def _claim_templates(spec: Struct) -> None:
    for claim in spec.get("volumeClaimTemplates") or []:
        claim.update(apiVersion="v1", kind="PersistentVolumeClaim")


def _template_generation(daemon_set: Struct) -> None:
    metadata = daemon_set["metadata"]
    metadata["annotations"] = {_GENERATION: "1", **(metadata.get("annotations") or {})}


def _secret(secret: Struct) -> None:
    """What was sent as text is kept as bytes."""
    texts = secret.pop("stringData", None) or {}
    if texts:
        encoded = {k: base64.b64encode(v.encode()).decode() for k, v in texts.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}


def _job(job: Struct) -> None:
    spec, metadata = job["spec"], job["metadata"]
    labels = spec["template"]["metadata"].get("labels")
    if labels and not metadata.get("labels"):
        metadata["labels"] = dict(labels)
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", _MOST if "backoffLimitPerIndex" in spec else 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("manualSelector", False)
    spec.setdefault("podReplacementPolicy", "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")


def _replication_controller(controller: Struct) -> None:
    spec, metadata = controller["spec"], controller["metadata"]
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels:
        spec["selector"] = spec.get("selector") or dict(labels)
        metadata["labels"] = metadata.get("labels") or dict(labels)


def _network_policy(spec: Struct) -> None:
    spec.setdefault("policyTypes", ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


def _subject(subject: Struct) -> None:
    if subject.get("kind") in ("User", "Group"):
        subject.setdefault("apiGroup", _RBAC)


_UP = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
_DOWN = {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}


def _autoscaler(spec: Struct) -> None:
    target = {"type": "Utilization", "averageUtilization": 80}
    spec.setdefault("metrics", [{"type": "Resource", "resource": {"name": "cpu", "target": target}}])
    if "behavior" in spec:
        for direction, rules in (("scaleUp", _UP), ("scaleDown", _DOWN)):
            spec["behavior"][direction] = {**copy.deepcopy(rules), **spec["behavior"].get(direction, {})}


def _namespace(namespace: Struct) -> None:
    metadata = namespace["metadata"]
    if metadata.get("name"):
        metadata["labels"] = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata["name"]}


def _node_status(status: Struct) -> None:
    if "allocatable" not in status and "capacity" in status:
        status["allocatable"] = dict(status["capacity"])


def _limit_range_item(item: Struct) -> None:
    if item.get("type") != "Container":
        return
    default = {**item.get("max", {}), **item.get("default", {})}
    requests = {**item.get("min", {}), **default, **item.get("defaultRequest", {})}
    item.update({k: v for k, v in (("default", default), ("defaultRequest", requests)) if v})


def _definition(definition: Struct) -> None:
    storing = [v["name"] for v in definition["spec"].get("versions") or [] if v.get("storage")]
    if storing and not (definition.get("status") or {}).get("storedVersions"):
        definition["status"] = {**(definition.get("status") or {}), "storedVersions": storing[:1]}


def _definition_names(names: Struct) -> None:
    kind = names.get("kind", "")
    if not names.get("singular"):
        names["singular"] = kind.lower()
    if kind and not names.get("listKind"):
        names["listKind"] = kind + "List"


COMPUTED: dict[str, Callable[[Struct], None]] = {
    "core.v1.Container": _container,
    "core.v1.EphemeralContainer": _container,
    "core.v1.ImageVolumeSource": _image_volume,
    "core.v1.Volume": _volume,
    "core.v1.PodSpec": _pod_spec,
    "core.v1.Pod": _pod,
    "core.v1.PodStatus": _pod_status,
    "core.v1.ResourceRequirements": _resources("limits", "requests"),
    "core.v1.VolumeResourceRequirements": _resources("limits", "requests"),
    "core.v1.PersistentVolumeSpec": _resources("capacity"),
    "core.v1.ResourceQuotaSpec": _resources("hard"),
    "core.v1.ServiceSpec": _service,
    "core.v1.LoadBalancerIngress": _load_balancer_ingress,
    "core.v1.Namespace": _namespace,
    "core.v1.NodeStatus": _node_status,
    "core.v1.LimitRangeItem": _limit_range_item,
    "core.v1.ReplicationController": _replication_controller,
    "apps.v1.DeploymentStrategy": _rolling_update,
    "apps.v1.DaemonSetUpdateStrategy": _rolling_update,
    "apps.v1.StatefulSetUpdateStrategy": _stateful_set_strategy,
    "apps.v1.StatefulSetSpec": _claim_templates,
    "apps.v1.DaemonSet": _template_generation,
    "core.v1.Secret": _secret,
    "batch.v1.Job": _job,
    "networking.v1.NetworkPolicySpec": _network_policy,
    "rbac.v1.Subject": _subject,
    "autoscaling.v2.HorizontalPodAutoscalerSpec": _autoscaler,
    "apiextensions.v1.CustomResourceDefinition": _definition,
    "apiextensions.v1.CustomResourceDefinitionNames": _definition_names,
}
