"""Workload controllers: strategies, jobs, claims of a StatefulSet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Struct = dict[str, Any]

_GENERATION = "deprecated.daemonset.template.generation"
_MOST = 2**31 - 1


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


COMPUTED: dict[str, Callable[[Struct], None]] = {
    "core.v1.ReplicationController": _replication_controller,
    "apps.v1.DeploymentStrategy": _rolling_update,
    "apps.v1.DaemonSetUpdateStrategy": _rolling_update,
    "apps.v1.StatefulSetUpdateStrategy": _stateful_set_strategy,
    "apps.v1.StatefulSetSpec": _claim_templates,
    "apps.v1.DaemonSet": _template_generation,
    "batch.v1.Job": _job,
}
