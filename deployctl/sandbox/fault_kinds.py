"""Which faults exist and what they take: a table, so that a misspelt one is refused by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from deployctl.sandbox.nodes.behaviour import Behaviour, changed
from deployctl.sandbox.registry.containerd import ERRORS

Types = type | tuple[type, ...]
NUMBER: Types = (int, float)
COMMON: Mapping[str, Types] = {"id": str, "times": int, "probability": NUMBER}
HTTP: Mapping[str, Types] = {"method": str, "path": str}
API: Mapping[str, Types] = {
    **HTTP,
    **dict.fromkeys(("verb", "resource", "namespace", "name", "subresource", "user"), str),
    "probability": NUMBER,
}
POD: Mapping[str, Types] = {
    **dict.fromkeys(("namespace", "pod", "workload", "container", "image", "node"), str),
    "labels": dict,
}
"""Shell patterns that select pods, and labels that they carry."""


@dataclass(frozen=True)
class Kind:
    """A kind of fault: what it does, the parameters it takes and which of them it needs."""

    meaning: str
    parameters: Mapping[str, Types]
    required: tuple[str, ...] = ()
    choices: Mapping[str, Iterable[str]] = field(default_factory=dict)
    """For parameters that are one of a few words."""


NODES: dict[str, Kind] = {
    "app": Kind(
        "Programs behave otherwise: the names of `sandbox.*` labels, for example crash_after = 5.",
        {**POD, **{field.name: object for field in fields(Behaviour)}},
    ),
    "hang-termination": Kind("Programs ignore SIGTERM until they are killed.", POD),
    "evict": Kind("Pods are evicted.", {**POD, "message": str, "once": bool}),
    "image-missing": Kind("A pull ends in not found.", {**POD, "message": str}),
    "pull-error": Kind("A pull fails with the kubelet's `message`, or cannot reach its host.", {**POD, "message": str}),
    "container-error": Kind(
        "A container cannot be created; `reason` is CreateContainerError unless said otherwise.",
        {**POD, "reason": str, "message": str},
    ),
    "sandbox-error": Kind("A pod's sandbox cannot be created (its network, say).", {**POD, "message": str}),
    "mount-error": Kind("A volume cannot be mounted.", {**POD, "volume": str, "message": str}),
    "slow-pull": Kind("A pull is slow.", {**POD, "bytes_per_second": NUMBER, "seconds": NUMBER}),
    "bandwidth": Kind("A node's link is slow.", {"node": str, "bytes_per_second": NUMBER}, ("bytes_per_second",)),
    "node-down": Kind("A node can no longer be reached.", {"node": str}),
    "memory-pressure": Kind("A node is short of memory.", {"node": str}),
    "recreate-stall": Kind(
        "A Recreate is not woken by the end of its last pod while one that failed was left (kubernetes#128798).",
        {"namespace": str},
    ),
    "acme": Kind(
        "The ACME challenge of a certificate fails.", dict.fromkeys(("namespace", "name", "host", "message"), str)
    ),
}
CLUSTER: dict[str, Kind] = {
    "api-error": Kind(
        "The API server answers an error.",
        {**API, "status": int, "reason": str, "message": str, "retry_after": NUMBER},
        ("status",),
    ),
    "api-latency": Kind("The API server answers late.", {**API, "seconds": NUMBER}, ("seconds",)),
    "api-drop": Kind("The API server closes the connection without an answer.", {**API, "after_bytes": int}),
    "api-conflict": Kind("A write meets somebody else's: 409.", API),
    "api-stale-read": Kind("Reads show the world as it was `seconds` ago.", {**API, "seconds": NUMBER}),
    "api-lost-answer": Kind("The API server does what was asked and closes the connection.", API),
    "watch-expired": Kind("Watches end with 410 Gone.", API),
    "watch-drop": Kind("Watches end.", {**API, "seconds": NUMBER}),
}
CLOUD: dict[str, Kind] = {
    "registry-error": Kind(
        "The registry answers an error instead of doing what was asked.",
        {**HTTP, "host": str, "status": int, "code": str, "message": str, "retry_after": NUMBER},
        ("status",),
    ),
    "registry-latency": Kind("The registry answers late.", {**HTTP, "host": str, "seconds": NUMBER}, ("seconds",)),
    "registry-drop": Kind("The registry closes the connection without an answer.", {**HTTP, "host": str}),
    "registry-digest": Kind(
        "The registry names another digest than the content has.", {"host": str, "repository": str, "digest": str}
    ),
    "credential-expired": Kind("A registry credential is no longer accepted.", {"host": str, "username": str}),
    "image-pull": Kind(
        "Nodes cannot pull: `error` names a failure, or `message` is the text that kubelets show.",
        {"host": str, "image": str, "error": str, "message": str},
        choices={"error": ERRORS},
    ),
    "arm-error": Kind(
        "Azure Resource Manager answers an error.",
        {**HTTP, "status": int, "code": str, "message": str, "retry_after": NUMBER},
        ("status",),
    ),
    "arm-latency": Kind("Azure Resource Manager answers late.", {**HTTP, "seconds": NUMBER}, ("seconds",)),
    "arm-drop": Kind("Azure Resource Manager closes the connection without an answer.", HTTP),
    "aad-error": Kind(
        "Microsoft Entra refuses a token.", {"error": str, "description": str, "status": int, "client_id": str}
    ),
    "build-run": Kind(
        "A build run ends otherwise.",
        {"image": str, "status": str, "error": str, "log": str, "seconds": NUMBER, "queued": NUMBER},
        choices={"status": ("Failed", "Canceled", "Error", "Timeout")},
    ),
    "build-log": Kind(
        "The build's log blob: `late` seconds, `missing`, or with another `complete` value.",
        {"image": str, "late": NUMBER, "missing": bool, "complete": str},
    ),
    "build-digest": Kind("The run names another digest than the registry has.", {"image": str, "digest": str}),
    "sas-expired": Kind(
        "SAS links of uploads or logs have expired at once.", {"purpose": str}, choices={"purpose": ("upload", "log")}
    ),
    "ingress-error": Kind(
        "The ingress answers an error itself.", {**HTTP, "host": str, "status": int, "body": str}, ("status",)
    ),
    "ingress-latency": Kind("The ingress answers late.", {**HTTP, "host": str, "seconds": NUMBER}, ("seconds",)),
    "ingress-drop": Kind("The ingress closes the connection without an answer.", {**HTTP, "host": str}),
    "certificate": Kind(
        "The ingress serves a wrong certificate: `problem` is expired, self-signed or wrong-host.",
        {"host": str, "problem": str},
        ("problem",),
        {"problem": ("expired", "self-signed", "wrong-host")},
    ),
}


KINDS: Mapping[str, Kind] = {**CLUSTER, **NODES, **CLOUD}


def checked(kind: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters, with underscores for dashes. Raises ValueError naming the nearest when the table has none."""
    known = KINDS.get(kind)
    if known is None:
        raise ValueError(f"unknown fault kind {kind!r}{nearest(kind, KINDS)}")
    allowed = {**COMMON, **known.parameters}
    values = {name.replace("-", "_"): value for name, value in parameters.items()}
    for name, value in values.items():
        if name not in allowed:
            raise ValueError(f"fault {kind!r} takes no {name!r}{nearest(name, allowed)}")
        if not _fits(value, allowed[name]):
            raise ValueError(f"fault {kind!r}: {name} must be {spoken(allowed[name])}, not {value!r}")
    for name in known.required:
        if name not in values:
            raise ValueError(f"fault {kind!r} needs {name!r}")
    for name, choices in known.choices.items():
        if name in values and values[name] not in choices:
            raise ValueError(f"fault {kind!r}: {name} cannot be {values[name]!r}{nearest(values[name], choices)}")
    if kind == "app":
        changed(Behaviour(), values)
    return values


def _fits(value: object, types: Types) -> bool:
    if isinstance(value, bool):
        return types in {bool, object}
    return isinstance(value, types)


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or the choice when nothing is near."""
    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names)}"


def spoken(types: Types) -> str:
    """What a value must be, in words."""
    if types is object:
        return "as the label has it"
    names = {
        str: "text",
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        list: "a list",
        dict: "a table (a=b,c=d)",
    }
    if types == NUMBER:
        return "a number"
    return " or ".join(names[t] for t in (types if isinstance(types, tuple) else (types,)))
