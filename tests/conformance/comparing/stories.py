"""What is told of watched objects: sequences that do not depend on which of two controllers was faster."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.comparing.plain import plain_string

Object = dict[str, Any]
REVISION = "deployment.kubernetes.io/revision"


def conditions(states: list[Object]) -> dict[str, list[str]]:
    """Each condition type's states, one after the other."""
    told: dict[str, list[str]] = {}
    for state in states:
        for condition in (state.get("status") or {}).get("conditions") or ():
            words = plain_string(f"{condition['status']} {condition.get('reason')}: {condition.get('message')}")
            told.setdefault(f"{state['metadata']['name']} {condition['type']}", []).append(words)
    return {key: distinct(values) for key, values in sorted(told.items())}


def replica_sets(states: list[Object]) -> dict[str, list[str]]:
    """By the revision that a ReplicaSet was first: how many pods were wanted of it, in order, and its revisions."""
    order: dict[str, str] = {}
    wanted: dict[str, list[Any]] = {}
    revisions: dict[str, list[Any]] = {}
    for state in states:
        uid = state["metadata"]["uid"]
        revision = (state["metadata"].get("annotations") or {}).get(REVISION, "?")
        order.setdefault(uid, f"revision {revision}")
        wanted.setdefault(uid, []).append(state["spec"]["replicas"])
        revisions.setdefault(uid, []).append(revision)
    told = {}
    for uid, title in order.items():
        told[f"{title} wanted"] = [str(n) for n in distinct(wanted[uid])]
        told[f"{title} numbered"] = [str(n) for n in distinct(revisions[uid])]
    return told


def availability(states: list[Object]) -> list[str]:
    """How many pods were ready and available, one after the other, as `1/0`."""
    counts = ((state.get("status") or {}) for state in states)
    return distinct(f"{c.get('readyReplicas', 0)}/{c.get('availableReplicas', 0)}" for c in counts)


def container_states(states: list[Object]) -> list[list[str]]:
    """For each pod, in the order of creation: its phases and what its containers were, one after the other."""
    told: dict[str, list[str]] = {}
    for state in states:
        words = told.setdefault(state["metadata"]["uid"], [])
        if state["event"] == "DELETED":
            words.append("gone")
            continue
        status = state.get("status") or {}
        parts = [status.get("phase", "")]
        for kind in ("initContainerStatuses", "containerStatuses"):
            parts += [_container(c) for c in status.get(kind) or ()]
        parts += ["deleted"] if state["metadata"].get("deletionTimestamp") else []
        words.append(" ".join(parts))
    return [distinct(words) for words in told.values()]


def pod_lives(states: list[Object]) -> dict[str, list[str]]:
    """The phases, and each container for itself: which of them a kubelet tells first is chance. For one pod."""
    told: dict[str, list[str]] = {}
    for status in (state.get("status") or {} for state in states):
        told.setdefault("phases", []).append(status.get("phase", ""))
        for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
            told.setdefault(container["name"], []).append(_container(container))
    return {name: distinct(words) for name, words in told.items()}


def _container(status: Object) -> str:
    ((kind, detail),) = (status.get("state") or {"unknown": {}}).items()
    reason = detail.get("reason", "")
    code = f" {detail['exitCode']}" if "exitCode" in detail else ""
    ready = " ready" if status.get("ready") else ""
    return f"[{status['name']} {kind} {reason}{code}{ready}]"


def pod_names(states: list[Object]) -> list[str]:
    """Creations and deletions, in order."""
    seen: dict[str, str] = {}
    told = []
    for state in states:
        uid, name = state["metadata"]["uid"], state["metadata"]["name"]
        if state["event"] == "DELETED":
            told.append(f"{name} gone")
        elif uid not in seen:
            seen[uid] = name
            told.append(f"{name} made")
    return told


def distinct(values: Iterable[Any]) -> list[Any]:
    """Without what only repeats the one before."""
    told: list[Any] = []
    for value in values:
        if not told or told[-1] != value:
            told.append(value)
    return told


def events(body: Object) -> list[str]:
    """What components reported, without how often and in which order: type, reason, object and message."""
    told: set[str] = set()
    for item in body.get("items", ()):
        where = item["involvedObject"]
        source = item.get("reportingComponent") or (item.get("source") or {}).get("component", "")
        field = f" {where['fieldPath']}" if where.get("fieldPath") else ""
        message = plain_string(str(item.get("message", ""))).removeprefix("(combined from similar events): ")
        told.add(f"{source} {where['kind']}{field} {item['type']} {item['reason']}: {message}")
    return sorted(told)


def rules_sorted(body: Object) -> Object:
    """A SelfSubjectRulesReview: the API server tells the roles in any order."""
    status = body["status"]
    rules = {key: sorted(status[key], key=str) for key in ("nonResourceRules", "resourceRules")}
    return {**body, "status": {**status, **rules}}
