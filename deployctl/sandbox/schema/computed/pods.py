"""Pods and their templates: pull policies, volumes, resources."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from deployctl.sandbox.schema.quantity import parse

Struct = dict[str, Any]

_REFERENCE = re.compile(
    r"(?:[A-Za-z0-9.-]+(?::\d+)?/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?P<digest>@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,})?"
)


def pull_policy(image: str) -> str:
    """Always for `:latest`, written or meant; IfNotPresent for other tags, digests and what is no reference."""
    match = _REFERENCE.fullmatch(image)
    latest = match is not None and (match["tag"] == "latest" or not (match["tag"] or match["digest"]))
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
}
