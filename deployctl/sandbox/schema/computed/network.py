"""Services, their load balancers, network policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Struct = dict[str, Any]


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


def _network_policy(spec: Struct) -> None:
    spec.setdefault("policyTypes", ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


COMPUTED: dict[str, Callable[[Struct], None]] = {
    "core.v1.ServiceSpec": _service,
    "core.v1.LoadBalancerIngress": _load_balancer_ingress,
    "networking.v1.NetworkPolicySpec": _network_policy,
}
