"""Whether a fault shows as its scenario says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rehearsal import NAMESPACE
from stage import Stage

from deployctl.sandbox.process.control_client import ControlClient
from deployctl.sandbox.scenario.expect import (
    AnswerSign,
    ConditionSign,
    EventSign,
    Expect,
    PodSign,
    RequestSign,
    TagSign,
    ValueSign,
)

Sign = PodSign | EventSign | ConditionSign | AnswerSign | RequestSign | TagSign | ValueSign
Told = tuple[str, str]


def signs_of(expect: Expect) -> tuple[Sign, ...]:
    return (
        *expect.pods,
        *expect.events,
        *expect.conditions,
        *expect.answers,
        *expect.requests,
        *expect.tags,
        *expect.values,
    )


def shows(stage: Stage, sign: Sign) -> bool:
    """Whether it can be seen now."""
    match sign:
        case PodSign():
            return any(fits(sign.reason, r) and fits(sign.message, m) for r, m in pod_signs(stage, sign.name))
        case EventSign():
            return any(_event(sign, event) for event in stage.list("events"))
        case ConditionSign():
            return any(_condition(sign, c) for c in conditions(stage, sign.object))
        case AnswerSign():
            status, body = stage.answer(sign.url)
            return status == sign.status and fits(sign.body, body)
        case RequestSign():
            return len(requests(stage, sign)) >= sign.count
        case TagSign():
            return stage.digest(sign.repository, sign.tag) not in running(stage, f"{sign.repository}:{sign.tag}")
        case ValueSign():
            return fits(sign.matches, value(stage, sign))


def fits(pattern: str, text: object) -> bool:
    return re.search(pattern, str(text or ""), re.MULTILINE) is not None


def pod_signs(stage: Stage, name: str) -> Iterator[Told]:
    """(reason, message) of everything that pods of that name say of themselves."""
    for pod in stage.list("pods"):
        if not fits(name, pod["metadata"]["name"]):
            continue
        status = pod.get("status", {})
        yield status.get("reason", ""), status.get("message", "")
        for condition in status.get("conditions", ()):
            if condition["status"] == "False":
                yield condition.get("reason", ""), condition.get("message", "")
        for kind in ("initContainerStatuses", "containerStatuses"):
            for container in status.get(kind, ()):
                yield from _container(container)
        if "deletionTimestamp" in pod["metadata"]:
            yield "Terminating", ""


def _container(container: dict[str, Any]) -> Iterator[Told]:
    for state in (container.get("state", {}), container.get("lastState", {})):
        for detail in state.values():
            yield detail.get("reason", ""), detail.get("message", "")


def _event(sign: EventSign, event: dict[str, Any]) -> bool:
    about = event["involvedObject"]
    named = f"{about['kind'].lower()}/{about['name']}"
    return fits(sign.object, named) and fits(sign.reason, event["reason"]) and fits(sign.message, event["message"])


def conditions(stage: Stage, named: str) -> list[dict[str, Any]]:
    return list(one(stage, named).get("status", {}).get("conditions", ()))


def _condition(sign: ConditionSign, found: dict[str, Any]) -> bool:
    same = (found["type"], found["status"]) == (sign.type, sign.status)
    return same and fits(sign.reason, found.get("reason")) and fits(sign.message, found.get("message"))


PLACES = {
    "node": "/api/v1/nodes",
    "deployment": f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments",
    "statefulset": f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets",
    "certificate": f"/apis/cert-manager.io/v1/namespaces/{NAMESPACE}/certificates",
    "ingress": f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/ingresses",
}


def one(stage: Stage, named: str) -> dict[str, Any]:
    kind, _, name = named.partition("/")
    found = [o for o in stage.get(PLACES[kind])["items"] if o["metadata"]["name"] == name]
    return found[0] if found else {}


def requests(stage: Stage, sign: RequestSign) -> list[dict[str, Any]]:
    wanted: dict[str, Any] = {"status": sign.status}
    wanted |= {k: v for k, v in (("verb", sign.verb), ("resource", sign.resource)) if v}
    return [r for r in ControlClient(stage.sandbox).requests(**wanted) if fits(f"^{sign.server}", r["server"])]


def running(stage: Stage, image: str) -> set[str]:
    """Digests of the containers that run an image of that name."""
    statuses = [c for pod in stage.list("pods") for c in pod.get("status", {}).get("containerStatuses", ())]
    found = {c["imageID"].rpartition("@")[2] for c in statuses if c["image"].endswith(image)}
    assert found, f"nothing runs {image}"
    return found


def value(stage: Stage, sign: ValueSign) -> str:
    namespace, _, named = sign.object.rpartition(":")
    done = stage.tree.run(
        "kubectl", "-n", namespace or NAMESPACE, "get", named, "-o", f"jsonpath={sign.path}", "--ignore-not-found"
    )
    return done.out
