"""Nodes, namespaces, events, storage, configuration, access: the rest of what people list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from deployctl.sandbox.api.tables.ages import human, since
from deployctl.sandbox.api.tables.text import NONE, UNSET, access_modes, get
from deployctl.sandbox.contracts import Object

_ROLE = "node-role.kubernetes.io/"


def _age(obj: Object, now: datetime) -> str:
    return since(obj["metadata"].get("creationTimestamp"), now)


def node(obj: Object, now: datetime) -> list[Any]:
    info = get(obj, "status.nodeInfo", {})
    kernel = info.get("kernelVersion") or "<unknown>"
    if info.get("architecture"):
        kernel += f" ({info['architecture']})"
    return [
        obj["metadata"]["name"],
        _node_status(obj),
        _roles(obj),
        _age(obj, now),
        info.get("kubeletVersion", ""),
        _address(obj, "InternalIP"),
        _address(obj, "ExternalIP"),
        info.get("osImage") or "<unknown>",
        kernel,
        info.get("containerRuntimeVersion") or "<unknown>",
    ]


def _node_status(obj: Object) -> str:
    ready = next((c for c in get(obj, "status.conditions", []) if c["type"] == "Ready"), None)
    status = ["Unknown" if ready is None else "Ready" if ready["status"] == "True" else "NotReady"]
    return ",".join([*status, *(["SchedulingDisabled"] if get(obj, "spec.unschedulable") else [])])


def _roles(obj: Object) -> str:
    labels = obj["metadata"].get("labels") or {}
    roles = {key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE) and key != _ROLE}
    named = labels.get("kubernetes.io/role")
    return ",".join(sorted(roles | ({named} if named else set()))) or NONE


def _address(obj: Object, kind: str) -> str:
    found = (a["address"] for a in get(obj, "status.addresses", []) if a["type"] == kind)
    return next(found, NONE)


def namespace(obj: Object, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], get(obj, "status.phase", ""), _age(obj, now)]


def event(obj: Object, now: datetime) -> list[Any]:
    first = since(obj.get("firstTimestamp") or obj.get("eventTime"), now)
    last = since(obj["lastTimestamp"], now) if obj.get("lastTimestamp") else first
    count = obj.get("count") or 1
    if obj.get("series"):
        last, count = since(obj["series"].get("lastObservedTime"), now), obj["series"].get("count", 0)
    involved = obj.get("involvedObject") or {}
    target = "/".join(part for part in (involved.get("kind", "").lower(), involved.get("name", "")) if part)
    return [
        last, obj.get("type", ""), obj.get("reason", ""), target, involved.get("fieldPath", ""), _source(obj),
        obj.get("message", "").strip(), first, count, obj["metadata"]["name"],
    ]  # fmt: skip


def _source(obj: Object) -> str:
    source = obj.get("source") or {}
    component = source.get("component") or obj.get("reportingComponent", "")
    instance = source.get("host") or obj.get("reportingInstance", "")
    return f"{component}, {instance}" if instance else component


def config_map(obj: Object, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], len(obj.get("data") or {}) + len(obj.get("binaryData") or {}), _age(obj, now)]


def secret(obj: Object, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], obj.get("type", ""), len(obj.get("data") or {}), _age(obj, now)]


def named(obj: Object, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], _age(obj, now)]


def lease(obj: Object, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], get(obj, "spec.holderIdentity", ""), _age(obj, now)]


def claim(obj: Object, now: datetime) -> list[Any]:
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else get(obj, "status.phase", "")
    bound = get(obj, "spec.volumeName", "")
    return [
        obj["metadata"]["name"],
        phase,
        bound,
        get(obj, "status.capacity.storage", "0") if bound else "",
        access_modes(get(obj, "status.accessModes")) if bound else "",
        get(obj, "spec.storageClassName", ""),
        get(obj, "spec.volumeAttributesClassName", UNSET),
        _age(obj, now),
        get(obj, "spec.volumeMode", UNSET),
    ]


def volume(obj: Object, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    reference = spec.get("claimRef")
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else get(obj, "status.phase", "")
    return [
        obj["metadata"]["name"],
        get(spec, "capacity.storage", "0"),
        access_modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""),
        phase,
        f"{reference.get('namespace', '')}/{reference.get('name', '')}" if reference else "",
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName", UNSET),
        get(obj, "status.reason", ""),
        _age(obj, now),
        spec.get("volumeMode", UNSET),
    ]


def storage_class(obj: Object, now: datetime) -> list[Any]:
    annotations = obj["metadata"].get("annotations") or {}
    default = annotations.get("storageclass.kubernetes.io/is-default-class") == "true"
    return [
        obj["metadata"]["name"] + (" (default)" if default else ""),
        obj.get("provisioner", ""),
        obj.get("reclaimPolicy") or "Delete",
        obj.get("volumeBindingMode") or "Immediate",
        bool(obj.get("allowVolumeExpansion")),
        _age(obj, now),
    ]


def resource_quota(obj: Object, now: datetime) -> list[Any]:
    hard, used = get(obj, "status.hard", {}), get(obj, "status.used", {})
    shown = {name: f"{name}: {used.get(name, '0')}/{hard[name]}" for name in sorted(hard)}
    limits = [text for name, text in shown.items() if name.startswith("limits.")]
    requests = [text for name, text in shown.items() if not name.startswith("limits.")]
    return [obj["metadata"]["name"], ", ".join(requests), ", ".join(limits), _age(obj, now)]


def priority_class(obj: Object, now: datetime) -> list[Any]:
    default = bool(obj.get("globalDefault"))
    return [obj["metadata"]["name"], obj.get("value", 0), default, _age(obj, now), obj.get("preemptionPolicy", "")]


def role_binding(obj: Object, now: datetime) -> list[Any]:
    reference, subjects = obj.get("roleRef") or {}, obj.get("subjects") or []
    users = ", ".join(s["name"] for s in subjects if s.get("kind") == "User")
    groups = ", ".join(s["name"] for s in subjects if s.get("kind") == "Group")
    accounts = ", ".join(f"{s.get('namespace', '')}/{s['name']}" for s in subjects if s.get("kind") == "ServiceAccount")
    role = f"{reference.get('kind', '')}/{reference.get('name', '')}"
    return [obj["metadata"]["name"], role, _age(obj, now), users, groups, accounts]


def api_service(obj: Object, now: datetime) -> list[Any]:
    service = get(obj, "spec.service")
    shown = f"{service['namespace']}/{service['name']}" if service else "Local"
    available = next((c for c in get(obj, "status.conditions", []) if c["type"] == "Available"), None)
    state = available["status"] if available else "Unknown"
    if available and state != "True":
        state = f"{state} ({available.get('reason', '')})"
    return [obj["metadata"]["name"], shown, state, _age(obj, now)]


def definition(obj: Object, _now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    names = spec.get("names") or {}
    established = any(c["type"] == "Established" and c["status"] == "True" for c in get(obj, "status.conditions", []))
    versions = ",".join(v["name"] + ("(storage)" if v.get("storage") else "") for v in spec.get("versions") or [])
    shown = [spec.get("scope", ""), versions, obj["metadata"].get("creationTimestamp", "")]
    wide = [spec.get("group", ""), names.get("kind", ""), ",".join(names.get("shortNames") or []), established]
    return [obj["metadata"]["name"], *shown, *wide]


def signing_request(obj: Object, now: datetime) -> list[Any]:
    seconds = get(obj, "spec.expirationSeconds")
    conditions = [c["type"] for c in get(obj, "status.conditions", [])]
    state = "Denied" if "Denied" in conditions else "Approved" if "Approved" in conditions else "Pending"
    states = [state, *(["Failed"] if "Failed" in conditions else [])]
    if get(obj, "status.certificate"):
        states.append("Issued")
    return [
        obj["metadata"]["name"],
        _age(obj, now),
        get(obj, "spec.signerName", "<none>"),
        get(obj, "spec.username", ""),
        human(seconds) if seconds is not None else NONE,
        ",".join(states),
    ]
