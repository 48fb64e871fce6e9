"""Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and what belongs to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from deployctl.sandbox.api.tables.ages import human, parse, since
from deployctl.sandbox.api.tables.text import NONE, containers, get, pairs, selector
from deployctl.sandbox.contracts import Object


def _age(obj: Object, now: datetime) -> str:
    return since(obj["metadata"].get("creationTimestamp"), now)


def _template(obj: Object) -> list[str]:
    return containers(get(obj, "spec.template.spec", {}))


def deployment(obj: Object, now: datetime) -> list[Any]:
    ready = f"{get(obj, 'status.readyReplicas', 0)}/{get(obj, 'spec.replicas', 0)}"
    counts = [get(obj, "status.updatedReplicas", 0), get(obj, "status.availableReplicas", 0)]
    wide = [*_template(obj), selector(get(obj, "spec.selector"), "")]
    return [obj["metadata"]["name"], ready, *counts, _age(obj, now), *wide]


def _replicas(obj: Object, now: datetime) -> list[Any]:
    counts = [get(obj, path, 0) for path in ("spec.replicas", "status.replicas", "status.readyReplicas")]
    return [obj["metadata"]["name"], *counts, _age(obj, now), *_template(obj)]


def replica_set(obj: Object, now: datetime) -> list[Any]:
    return [*_replicas(obj, now), selector(get(obj, "spec.selector"))]


def replication_controller(obj: Object, now: datetime) -> list[Any]:
    return [*_replicas(obj, now), pairs(get(obj, "spec.selector"))]


def stateful_set(obj: Object, now: datetime) -> list[Any]:
    ready = f"{get(obj, 'status.readyReplicas', 0)}/{get(obj, 'spec.replicas', 0)}"
    return [obj["metadata"]["name"], ready, _age(obj, now), *_template(obj)]


_DAEMON = (
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberReady",
    "updatedNumberScheduled",
    "numberAvailable",
)


def daemon_set(obj: Object, now: datetime) -> list[Any]:
    counts = [get(obj, f"status.{name}", 0) for name in _DAEMON]
    nodes = pairs(get(obj, "spec.template.spec.nodeSelector"))
    return [
        obj["metadata"]["name"],
        *counts,
        nodes,
        _age(obj, now),
        *_template(obj),
        selector(get(obj, "spec.selector")),
    ]


_JOB_STATES = (
    ("Complete", "Complete"),
    ("Failed", "Failed"),
    ("", "Terminating"),
    ("Suspended", "Suspended"),
    ("FailureTarget", "FailureTarget"),
    ("SuccessCriteriaMet", "SuccessCriteriaMet"),
)


def job(obj: Object, now: datetime) -> list[Any]:
    start, end = get(obj, "status.startTime"), get(obj, "status.completionTime")
    duration = human(((parse(end) if end else now) - parse(start)).total_seconds()) if start else ""
    wide = [*_template(obj), selector(get(obj, "spec.selector"))]
    return [obj["metadata"]["name"], _job_state(obj), _completions(obj), duration, _age(obj, now), *wide]


def _job_state(obj: Object) -> str:
    true = {c["type"] for c in get(obj, "status.conditions", []) if c.get("status") == "True"}
    for condition, shown in _JOB_STATES:
        if condition in true or (not condition and obj["metadata"].get("deletionTimestamp")):
            return shown
    return "Running"


def _completions(obj: Object) -> str:
    succeeded, wanted = get(obj, "status.succeeded", 0), get(obj, "spec.completions")
    if wanted is not None:
        return f"{succeeded}/{wanted}"
    parallelism = get(obj, "spec.parallelism", 0)
    return f"{succeeded}/1 of {parallelism}" if parallelism > 1 else f"{succeeded}/1"


def cron_job(obj: Object, now: datetime) -> list[Any]:
    suspend = get(obj, "spec.suspend")
    shown = UNSET_BOOLEAN if suspend is None else str(suspend)
    last = get(obj, "status.lastScheduleTime")
    spec = get(obj, "spec.jobTemplate.spec", {})
    return [
        obj["metadata"]["name"],
        get(obj, "spec.schedule", ""),
        get(obj, "spec.timeZone", NONE),
        shown,
        len(get(obj, "status.active", [])),
        since(last, now) if last else NONE,
        _age(obj, now),
        *containers(get(spec, "template.spec", {})),
        selector(spec.get("selector")),
    ]


UNSET_BOOLEAN = "<unset>"


def controller_revision(obj: Object, now: datetime) -> list[Any]:
    owner = next((o for o in obj["metadata"].get("ownerReferences") or [] if o.get("controller")), None)
    name = NONE
    if owner:
        group = owner["apiVersion"].rpartition("/")[0]
        name = f"{owner['kind']}{'.' + group if group else ''}".lower() + f"/{owner['name']}"
    return [obj["metadata"]["name"], name, obj.get("revision", 0), _age(obj, now)]


def disruption_budget(obj: Object, now: datetime) -> list[Any]:
    bounds = [str(get(obj, f"spec.{name}", "N/A")) for name in ("minAvailable", "maxUnavailable")]
    return [obj["metadata"]["name"], *bounds, get(obj, "status.disruptionsAllowed", 0), _age(obj, now)]


def pod_template(obj: Object, _now: datetime) -> list[Any]:
    template = obj.get("template") or {}
    return [obj["metadata"]["name"], *containers(template.get("spec") or {}), pairs(get(template, "metadata.labels"))]
