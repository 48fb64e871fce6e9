"""The cases under tests/data/schema, and the sandbox's answers to them: pure functions only, no server."""

from __future__ import annotations

import copy
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from quick_yaml import documents

from deployctl.sandbox.fields import BadApply, Conflict, TypedPatchError, server_side_apply, track_update
from deployctl.sandbox.patches import PatchError, json_patch, merge_patch, strategic_merge
from deployctl.sandbox.schema.decode import DecodeError, empty
from deployctl.sandbox.schema.defaults import with_defaults
from deployctl.sandbox.schema.kinds import Kind, builtin_kind
from deployctl.sandbox.schema.validation import Cause, validate_create, validate_update

FOLDER = Path(__file__).parents[1] / "data" / "schema"
NAMESPACE = "sb-schema"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

Object = dict[str, Any]


@cache
def _load(name: str) -> Any:
    return documents((FOLDER / name).read_text(encoding="utf-8"))


def kind_of(obj: Object) -> Kind:
    return builtin_kind(obj["apiVersion"], obj["kind"])


def created_objects() -> list[Object]:
    return copy.deepcopy(_load("created.yaml"))


def changed(base: Object, changes: list[list[Any]]) -> Object:
    """A copy with `[path, value]` put in, or `[path]` taken out; a path is dotted, list items are numbers."""
    result = copy.deepcopy(base)
    for path, *value in changes:
        *way, last = path.split(".")
        node: Any = result
        for key in way:
            node = node[int(key)] if isinstance(node, list) else node.setdefault(key, {})
        key = int(last) if isinstance(node, list) else last
        if value:
            node[key] = copy.deepcopy(value[0])
        else:
            del node[key]
    return result


@dataclass(frozen=True)
class Refusal:
    """One case of refused.yaml: what is written, over what when it is an update."""

    name: str
    before: Object | None
    after: Object


def refusals() -> list[Refusal]:
    return list(_refusals())


def _refusals() -> Iterator[Refusal]:
    [document] = _load("refused.yaml")
    for section in ("create", "update", "frozen"):
        for index, (base, *changes) in enumerate(document[section]):
            start = copy.deepcopy(document["bases"][base])
            if section == "frozen":
                start["immutable"] = True
            what = ", ".join(c[0] for c in changes)
            before = None if section == "create" else start
            yield Refusal(f"{section} {index}: {base} {what}", before, changed(start, changes))


def in_namespace(obj: Object) -> Object:
    kind = kind_of(obj)
    metadata = {**obj["metadata"], **({"namespace": NAMESPACE} if kind.namespaced else {})}
    return {**obj, "metadata": metadata}


Answer = list[tuple[str, str, str]]
"""Causes as (reason, message, field), sorted: the real server's order follows Go maps."""


def sandbox_refuses(case: Refusal) -> Answer:
    kind = kind_of(case.after)
    try:
        after = in_namespace(case.after)
        if case.before is None:
            return answer(validate_create(kind, with_defaults(kind, after)))
        live = with_defaults(kind, in_namespace(case.before))
        return answer(validate_update(kind, live, with_defaults(kind, overlaid(live, after))))
    except DecodeError as error:
        return [("BadRequest", str(error), "")]


def overlaid(live: Any, given: Any) -> Any:
    """A changed object with what the server had filled in, as somebody who edits the live one sends it."""
    if isinstance(live, dict) and isinstance(given, dict):
        return {**live, **{k: overlaid(live.get(k), v) for k, v in given.items()}}
    if isinstance(live, list) and isinstance(given, list) and len(live) == len(given):
        return [overlaid(a, b) for a, b in zip(live, given, strict=True)]
    return given


def answer(causes: list[Cause]) -> Answer:
    return sorted({(c.reason, without_internals(c.message), c.field) for c in causes})


def without_internals(message: str) -> str:
    """A message without what only shows the real server's insides: structs as Go has them, and diffs of those."""
    return re.sub(r"value: [\[{].*[\]}]: ", "value: …: ", message.split("\n@@", maxsplit=1)[0])


@dataclass(frozen=True)
class Step:
    verb: str
    by: str
    body: Any
    force: bool
    subresource: str


def step_cases() -> dict[str, list[Step]]:
    [document] = _load("steps.yaml")
    return {name: [_step(s, document["bases"]) for s in steps] for name, steps in document["cases"].items()}


def _step(given: Object, bases: Object) -> Step:
    body = changed(bases[given["base"]], given.get("change", [])) if "base" in given else given["body"]
    return Step(given["verb"], given["by"], body, given.get("force", False), given.get("subresource", ""))


Refused = tuple[Any, ...]
"""(status,) or (status, message); lines of a message sorted, because their order follows a Go map."""


def refused(status: int, message: str = "") -> Refused:
    return (status, *sorted(without_internals(message).splitlines()))


def sandbox_steps(kind: Kind, live: Object | None, step: Step) -> Object | Refused:
    """The object after a step as the sandbox stores it, or what it refuses the step with."""
    try:
        new = _written(kind, live, step)
    except Conflict as error:
        return refused(409, str(error))
    except TypedPatchError as error:
        return refused(500, str(error))
    except BadApply as error:
        return refused(400, str(error))
    except DecodeError as error:
        return refused(422, error.detail)
    except PatchError as error:
        return refused(error.status, "" if error.status == 422 else str(error))
    new = _reset(kind, live, new, step.subresource)
    causes = validate_create(kind, new) if live is None else validate_update(kind, live, new)
    return refused(422, "\n".join(f"{c.field}: {c.message}" for c in causes)) if causes else new


def _written(kind: Kind, live: Object | None, step: Step) -> Object:
    body = copy.deepcopy(step.body)
    if step.verb == "apply":
        new = server_side_apply(
            kind, live, body, manager=step.by, force=step.force, now=NOW, subresource=step.subresource
        )
        return in_namespace(new)
    if step.verb in ("create", "put"):
        new = in_namespace(body)
    elif step.verb == "strategic":
        new = strategic_merge(kind, live, body)
    else:
        new = (json_patch if step.verb == "json" else merge_patch)(live, body)
    decoded = with_defaults(kind, new)
    return track_update(kind, live, decoded, manager=step.by, now=NOW, subresource=step.subresource)


def _reset(kind: Kind, live: Object | None, new: Object, subresource: str) -> Object:
    """What an endpoint may not write comes from the live object: the API server's part, not the pure functions'."""
    if "status" not in kind.subresources:
        return new
    before = empty(kind) if live is None else live
    if subresource == "status":
        metadata = {**new["metadata"], "labels": before["metadata"].get("labels", {})}
        return {**new, "spec": before["spec"], "metadata": metadata}
    rest = {k: v for k, v in new.items() if k != "status"}
    return {**rest, "status": before["status"]} if "status" in before else rest


_SERVERS_OWN = ("uid", "resourceVersion", "creationTimestamp", "generation")


ADMITTED = {
    "Pod": ("serviceAccount", "serviceAccountName", "priority", "preemptionPolicy", "tolerations"),
    "Node": ("taints",),
    "Service": ("clusterIPs", "ipFamilies", "ipFamilyPolicy"),
}
"""What admission and allocators put into a spec, which are other parts of the API server."""


def stored(obj: Object) -> Object:
    """What is to be compared of a created object: no status, nothing that admission added."""
    result = {k: v for k, v in comparable(obj).items() if k != "status"}
    kind = obj["kind"]
    if kind in ADMITTED:
        result["spec"] = {k: v for k, v in result["spec"].items() if k not in ADMITTED[kind]}
    elif kind == "Namespace":
        result.pop("spec")
    elif kind.startswith("PersistentVolume"):
        result["metadata"] = {k: v for k, v in result["metadata"].items() if k != "finalizers"}
    return result


def title(obj: Object) -> str:
    return f"{obj['kind']} {obj['metadata']['name']}"


def sandbox_creates(obj: Object) -> Object:
    kind = kind_of(obj)
    decoded = with_defaults(kind, in_namespace(obj))
    return stored(track_update(kind, None, decoded, manager="tester", now=NOW))


def shown(result: Object | Refused) -> Any:
    """As JSON would keep it, to compare with what was recorded."""
    return comparable(result) if isinstance(result, dict) else list(result)


def recorded_answers() -> Any:
    """`created` and `refused` of the real server, by title and by name of the case."""
    return _load("answers.yaml")[0]


@cache
def recorded_steps() -> Any:
    """By case: for each step the live object before it and the real server's answer."""
    return json.loads(gzip.decompress((FOLDER / "steps.json.gz").read_bytes()))


def comparable(obj: Object) -> Object:
    """Without what differs from run to run; managers sorted by name, since their order follows times."""
    metadata = {k: v for k, v in obj["metadata"].items() if k not in _SERVERS_OWN}
    entries = [{k: v for k, v in e.items() if k != "time"} for e in metadata.get("managedFields", [])]
    if entries:
        metadata["managedFields"] = sorted(entries, key=lambda e: (e["operation"], e["manager"], str(e)))
    return {**obj, "metadata": metadata}
