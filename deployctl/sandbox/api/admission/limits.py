"""LimitRanger: default requests and limits for containers, and bounds for what is asked."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from deployctl.sandbox.api.admission.request import Request
from deployctl.sandbox.api.errors import forbidden
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.pod_resources import pod_amounts
from deployctl.sandbox.api.rules import amount
from deployctl.sandbox.api.tables.text import get
from deployctl.sandbox.contracts import Object

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_ANNOTATION = "kubernetes.io/limit-ranger"
_FIELDS = (("containers", "container"), ("initContainers", "init container"))
Amounts = dict[str, str]


def admit(cluster: Cluster, request: Request) -> None:
    """Fill in what containers leave out."""
    if request.kind.resource != "pods" or request.operation != "CREATE":
        return
    for limit_range in cluster.list("limitranges", request.obj["metadata"]["namespace"]):
        _default(limit_range, request.obj)


def validate(cluster: Cluster, request: Request) -> None:
    """Raises ApiError 403 naming every bound that is broken."""
    resource = request.kind.resource
    if request.operation != "CREATE" or resource not in {"pods", "persistentvolumeclaims"}:
        return
    for limit_range in cluster.list("limitranges", request.obj["metadata"]["namespace"]):
        faults = [
            fault
            for limit in limit_range["spec"].get("limits") or []
            for kind, requests, limits in _checked(resource, limit, request.obj)
            for fault in _faults(kind, limit, requests, limits)
        ]
        if faults:
            listed = list(dict.fromkeys(faults))
            why = listed[0] if len(listed) == 1 else f"[{', '.join(listed)}]"
            raise forbidden(resource_of(request.kind), request.obj["metadata"]["name"], why)


def _default(limit_range: Object, pod: Object) -> None:
    limits = [x for x in limit_range["spec"].get("limits") or [] if x.get("type") == "Container"]
    wanted = {
        "requests": {k: v for limit in limits for k, v in (limit.get("defaultRequest") or {}).items()},
        "limits": {k: v for limit in limits for k, v in (limit.get("default") or {}).items()},
    }
    notes = [
        note
        for field, title in _FIELDS
        for container in pod["spec"].get(field) or []
        for note in _complete(container, wanted, title)
    ]
    if notes:
        annotations = pod["metadata"].setdefault("annotations", {})
        annotations[_ANNOTATION] = f"LimitRanger plugin set: {'; '.join(notes)}"


def _complete(container: Object, wanted: dict[str, Amounts], title: str) -> Iterator[str]:
    resources = container.setdefault("resources", {})
    for field, word in (("requests", "request"), ("limits", "limit")):
        missing = {k: v for k, v in wanted[field].items() if k not in (resources.get(field) or {})}
        if missing:
            resources[field] = {**(resources.get(field) or {}), **missing}
            yield f"{', '.join(sorted(missing))} {word} for {title} {container['name']}"


def _checked(resource: str, limit: Object, obj: Object) -> Iterator[tuple[str, Amounts, Amounts]]:
    """What a limit is about: its kind, the requests and the limits."""
    kind = limit.get("type", "")
    if resource == "persistentvolumeclaims":
        if kind == "PersistentVolumeClaim":
            yield kind, get(obj, "spec.resources.requests", {}), {}
    elif kind == "Container":
        for field, _ in _FIELDS:
            for container in obj["spec"].get(field) or []:
                resources = container.get("resources") or {}
                yield kind, resources.get("requests") or {}, resources.get("limits") or {}
    elif kind == "Pod":
        yield (
            kind,
            *(
                {name: str(value) for name, value in pod_amounts(obj["spec"], which).items()}
                for which in ("requests", "limits")
            ),
        )


def _faults(kind: str, limit: Object, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, bound in sorted((limit.get("min") or {}).items()):
        yield from _least(kind, name, bound, requests.get(name), limits.get(name))
    for name, bound in sorted((limit.get("max") or {}).items()):
        yield from _most(kind, name, bound, requests.get(name), limits.get(name))
    for name, bound in sorted((limit.get("maxLimitRequestRatio") or {}).items()):
        yield from _ratio(kind, name, bound, requests.get(name), limits.get(name))


def _least(kind: str, name: str, bound: str, request: str | None, limit: str | None) -> Iterator[str]:
    head = f"minimum {name} usage per {kind} is {bound}"
    if request is None:
        yield f"{head}.  No request is specified"
    elif amount(request) < amount(bound):
        yield f"{head}, but request is {request}"
    elif limit is not None and amount(limit) < amount(bound):
        yield f"{head}, but limit is {limit}"


def _most(kind: str, name: str, bound: str, request: str | None, limit: str | None) -> Iterator[str]:
    head = f"maximum {name} usage per {kind} is {bound}"
    if limit is None and kind != "PersistentVolumeClaim":
        yield f"{head}.  No limit is specified"
    elif limit is not None and amount(limit) > amount(bound):
        yield f"{head}, but limit is {limit}"
    elif request is not None and amount(request) > amount(bound):
        yield f"{head}, but request is {request}"


def _ratio(kind: str, name: str, bound: str, request: str | None, limit: str | None) -> Iterator[str]:
    head = f"{name} max limit to request ratio per {kind} is {bound}"
    if request is None or not amount(request):
        yield f"{head}, but no request is specified or request is 0"
    elif limit is None or not amount(limit):
        yield f"{head}, but no limit is specified or limit is 0"
    else:
        ratio: Fraction = amount(limit) / amount(request)
        if ratio > amount(bound):
            yield f"{head}, but provided ratio is {float(ratio):f}"
