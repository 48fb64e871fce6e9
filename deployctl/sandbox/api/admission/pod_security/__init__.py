"""PodSecurity: what the labels of a namespace say its pods must not do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from deployctl.sandbox.api.admission.pod_security import baseline, restricted
from deployctl.sandbox.api.admission.pod_security.check import Violation
from deployctl.sandbox.api.admission.request import Request
from deployctl.sandbox.api.errors import forbidden, invalid
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.tables.text import get
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_PREFIX = "pod-security.kubernetes.io/"
_LEVELS = ("privileged", "baseline", "restricted")
_TEMPLATES = {
    "podtemplates": "template",
    "replicationcontrollers": "spec.template",
    "replicasets.apps": "spec.template",
    "deployments.apps": "spec.template",
    "statefulsets.apps": "spec.template",
    "daemonsets.apps": "spec.template",
    "jobs.batch": "spec.template",
    "cronjobs.batch": "spec.jobTemplate.spec.template",
}


def validate(cluster: Cluster, request: Request) -> None:
    """Refuses pods, warns of workloads and of namespaces whose pods would be refused. Raises ApiError 403 or 422."""
    resource = request.kind.resource
    if request.subresource and resource != "pods":
        return
    if resource == "namespaces":
        _namespace(cluster, request)
    elif resource == "pods" and (request.operation == "CREATE" or request.subresource == "ephemeralcontainers"):
        _pod(cluster, request)
    elif resource in _TEMPLATES:
        _workload(cluster, request)


def _pod(cluster: Cluster, request: Request) -> None:
    policy = _policy(cluster, request)
    level = policy.get("enforce", "privileged")
    found = violations(level, request.obj)
    if found:
        pod = request.obj["metadata"]["name"]
        why = f'violates PodSecurity "{_named(policy, "enforce")}": {_detail(found)}'
        raise forbidden(resource_of(request.kind), pod, why)
    _warn(request, policy, request.obj)


def _workload(cluster: Cluster, request: Request) -> None:
    template = get(request.obj, _TEMPLATES[request.kind.resource])
    if template:
        _warn(request, _policy(cluster, request), template)


def _warn(request: Request, policy: dict[str, str], pod: Object) -> None:
    found = violations(policy.get("warn", "privileged"), pod)
    if found:
        request.writer.warnings.append(f'would violate PodSecurity "{_named(policy, "warn")}": {_detail(found)}')


def _policy(cluster: Cluster, request: Request) -> dict[str, str]:
    entry = cluster.store.get("namespaces", "", request.obj["metadata"]["namespace"])
    labels = (entry.object["metadata"].get("labels") or {}) if entry else {}
    return {key.removeprefix(_PREFIX): value for key, value in labels.items() if key.startswith(_PREFIX)}


def _named(policy: dict[str, str], mode: str) -> str:
    return f"{policy[mode]}:{policy.get(f'{mode}-version', 'latest')}"


def violations(level: str, pod: Object) -> list[Violation]:
    """Baseline's first, then what restricted adds; restricted's stricter checks stand for baseline's."""
    if level not in {"baseline", "restricted"}:
        return []
    checks = baseline.CHECKS if level == "baseline" else restricted.CHECKS
    return [found for check in checks if (found := check(pod)) is not None]


def _detail(found: Iterable[Violation]) -> str:
    return ", ".join(f"{v.reason} ({v.detail})" if v.detail else v.reason for v in found)


def _namespace(cluster: Cluster, request: Request) -> None:
    metadata = request.obj["metadata"]
    labels: dict[str, Any] = metadata.get("labels") or {}
    causes = [
        Cause(
            "FieldValueInvalid",
            f'Invalid value: "{labels[key]}": must be one of {", ".join(_LEVELS)}',
            f"metadata.labels[{key}]",
        )
        for key in (f"{_PREFIX}{mode}" for mode in ("enforce", "audit", "warn"))
        if key in labels and labels[key] not in _LEVELS
    ]
    if causes:
        raise invalid(resource_of(request.kind), metadata["name"], causes)
    level = labels.get(f"{_PREFIX}enforce", "privileged")
    before = ((request.old or {}).get("metadata") or {}).get("labels") or {}
    if request.old and level != before.get(f"{_PREFIX}enforce", "privileged"):
        version = labels.get(f"{_PREFIX}enforce-version", "latest")
        request.writer.warnings.extend(_existing(cluster, metadata["name"], level, version))


def _existing(cluster: Cluster, namespace: str, level: str, version: str) -> list[str]:
    """Of pods that are there already."""
    pods: dict[str, list[str]] = {}
    for pod in cluster.list("pods", namespace):
        found = violations(level, pod)
        if found:
            pods.setdefault(", ".join(v.reason for v in found), []).append(pod["metadata"]["name"])
    if not pods:
        return []
    head = f'existing pods in namespace "{namespace}" violate the new PodSecurity enforce level "{level}:{version}"'
    return [head, *sorted(f"{_counted(names)}: {reasons}" for reasons, names in pods.items())]


def _counted(names: list[str]) -> str:
    first, others = min(names), len(names) - 1
    if not others:
        return first
    return f"{first} (and {others} other {'pod' if others == 1 else 'pods'})"
