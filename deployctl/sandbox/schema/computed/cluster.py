"""What is left: secrets, namespaces, nodes, limits, subjects, autoscalers, definitions."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from typing import Any

Struct = dict[str, Any]

_RBAC = "rbac.authorization.k8s.io"
_UP = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
_DOWN = {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}


def _secret(secret: Struct) -> None:
    """What was sent as text is kept as bytes."""
    texts = secret.pop("stringData", None) or {}
    if texts:
        encoded = {k: base64.b64encode(v.encode()).decode() for k, v in texts.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}


def _subject(subject: Struct) -> None:
    if subject.get("kind") in ("User", "Group"):
        subject.setdefault("apiGroup", _RBAC)


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
    "core.v1.Namespace": _namespace,
    "core.v1.NodeStatus": _node_status,
    "core.v1.LimitRangeItem": _limit_range_item,
    "core.v1.Secret": _secret,
    "rbac.v1.Subject": _subject,
    "autoscaling.v2.HorizontalPodAutoscalerSpec": _autoscaler,
    "apiextensions.v1.CustomResourceDefinition": _definition,
    "apiextensions.v1.CustomResourceDefinitionNames": _definition_names,
}
