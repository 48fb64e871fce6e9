"""What would change in an object, field by field. Values that are secret never get into the result."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from deployctl.model.change import FieldChange, ObjectChange
from deployctl.model.json import EMPTY, Json, mapping
from deployctl.model.manifest import Manifest
from deployctl.model.rules.masking import scrub, secret_name
from deployctl.model.rules.merge_keys import element_keys, identity
from deployctl.model.service import WORKLOAD_KINDS
from deployctl.model.workload import pod_template

WIDTH = 120
HIDDEN = "(hidden)"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

_SERVER_FIELDS = (
    "managedFields",
    "resourceVersion",
    "generation",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
)
_SERVER_ANNOTATIONS = (
    LAST_APPLIED,
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
)
SECRET_FIELDS = ("data", "stringData")
ROLLING_KINDS = ("Deployment", "StatefulSet", "DaemonSet")
_PLAIN = re.compile(r"[\w-]+")


def diff_objects(live: Manifest | None, predicted: Manifest) -> ObjectChange:
    """The change from the live object to what the server's dry run says it will be.

    What the server keeps for itself (status, managedFields, versions, times, last-applied) is left out. `rolls` is
    set when the pods of a Deployment, StatefulSet or DaemonSet are replaced by it. Never raises.
    """
    if live is None:
        rolls = predicted.ref.kind in WORKLOAD_KINDS and predicted.ref.kind != "CronJob"
        return ObjectChange(predicted.ref, "create", _secret_keys(predicted), rolls)
    fields = _shown(predicted, live.body, predicted.body)
    return ObjectChange(predicted.ref, "change" if fields else "unchanged", fields, rolls_pods(live, predicted))


def rolls_pods(live: Manifest, predicted: Manifest) -> bool:
    """Whether the controller makes new pods: any difference of the pod template does, labels and annotations too."""
    if predicted.ref.kind not in ROLLING_KINDS:
        return False
    return any(True for _ in _compare("", "", pod_template(live.body), pod_template(predicted.body), secret=False))


def _secret_keys(created: Manifest) -> tuple[FieldChange, ...]:
    """Of a new Secret the keys; of any other new object nothing, for all of it is new."""
    if not created.is_secret:
        return ()
    fields = ((field, key) for field in SECRET_FIELDS for key in mapping(created.body, field))
    return tuple(FieldChange(_join(field, key), None, HIDDEN, hidden=True) for field, key in fields)


def _shown(about: Manifest, before: Json, after: Json) -> tuple[FieldChange, ...]:
    blank: Json = dict.fromkeys(SECRET_FIELDS, EMPTY) if about.is_secret else EMPTY
    differences = _compare("", "", comparable({**blank, **before}), comparable({**blank, **after}), secret=False)
    show = _secret_change if about.is_secret else _change
    return tuple(show(d) for d in differences)


@dataclass(frozen=True)
class _Difference:
    path: str
    before: object
    after: object
    secret: bool


class _Absent:
    """Not the same as null."""


ABSENT = _Absent()


def comparable(body: Json) -> Json:
    """An object without what only the server writes: what a plan's seal and a diff compare."""
    metadata = {k: v for k, v in mapping(body, "metadata").items() if k not in _SERVER_FIELDS}
    annotations = {k: v for k, v in mapping(metadata, "annotations").items() if k not in _SERVER_ANNOTATIONS}
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    whole = {k: metadata if k == "metadata" else v for k, v in body.items() if k != "status"}
    return {k: v for k, v in whole.items() if k != "metadata" or v}


def _compare(path: str, field: str, before: object, after: object, *, secret: bool) -> Iterator[_Difference]:
    """Every leaf that differs. `field` is the last key of the path; `secret` says that the value's name is one."""
    if (both := _as_mappings(before, after)) is not None:
        yield from _compare_mappings(path, *both, secret=secret)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _compare_lists(path, field, before, after, secret=secret)
    elif not _equal(before, after):
        yield _Difference(path, before, after, secret)


def _equal(before: object, after: object) -> bool:
    """1 and 1.0 are the same number; true is none. A null is as good as absent (`creationTimestamp: null`)."""
    if before in (None, ABSENT) and after in (None, ABSENT):
        return True
    if isinstance(before, str) and isinstance(after, str):
        return before == after
    if isinstance(before, bool) and isinstance(after, bool):
        return before is after
    numbers = isinstance(before, int | float) and isinstance(after, int | float)
    return numbers and not isinstance(before, bool) and not isinstance(after, bool) and before == after


def _as_mappings(before: object, after: object) -> tuple[Json, Json] | None:
    """Two objects to be compared key by key; a plain map of texts (labels, data) that is absent counts as empty."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before, after
    if before is ABSENT and _is_plain(after):
        return EMPTY, mapping(after)
    if after is ABSENT and _is_plain(before):
        return mapping(before), EMPTY
    return None


def _is_plain(value: object) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and "name" not in value
        and all(isinstance(v, str) for v in value.values())
    )


def _compare_mappings(path: str, before: Json, after: Json, *, secret: bool) -> Iterator[_Difference]:
    named = str(after.get("name") or before.get("name") or "")
    for key in (*before, *(k for k in after if k not in before)):
        hidden = secret or secret_name(key) or (key == "value" and secret_name(named))
        hidden = hidden and not _is_reference(key)
        where = _join(path, key)
        yield from _compare(where, key, before.get(key, ABSENT), after.get(key, ABSENT), secret=hidden)


def _is_reference(key: str) -> bool:
    """`secretKeyRef`, `imagePullSecrets`, `secretName` and the like name a Secret; its values lie elsewhere."""
    return key in _REFERENCES or key.endswith(("Ref", "Name", "Names"))


_REFERENCES = frozenset(
    ("imagePullSecrets", "secret", "secrets", "valueFrom", "automountServiceAccountToken", "serviceAccountToken", "key")
)


def _compare_lists(
    path: str, field: str, before: list[object], after: list[object], *, secret: bool
) -> Iterator[_Difference]:
    keys = element_keys(field, before, after)
    if keys is None:
        yield from _compare_positions(path, before, after, secret=secret)
        return
    old = {identity(row, keys): row for row in before if isinstance(row, dict)}
    new = {identity(row, keys): row for row in after if isinstance(row, dict)}
    for name in (*old, *(n for n in new if n not in old)):
        yield from _compare(f"{path}[{name}]", field, old.get(name, ABSENT), new.get(name, ABSENT), secret=secret)
    if [n for n in old if n in new] != [n for n in new if n in old]:
        yield _Difference(f"{path} (order)", ", ".join(map(str, old)), ", ".join(map(str, new)), secret)


def _compare_positions(path: str, before: list[object], after: list[object], *, secret: bool) -> Iterator[_Difference]:
    if not all(isinstance(row, dict | list) for row in (*before, *after)):
        if not _equal_rows(before, after):
            yield _Difference(path, before, after, secret)
        return
    for index in range(max(len(before), len(after))):
        old = before[index] if index < len(before) else ABSENT
        new = after[index] if index < len(after) else ABSENT
        yield from _compare(f"{path}[{index}]", "", old, new, secret=secret)


def _equal_rows(before: list[object], after: list[object]) -> bool:
    """Python's own equality takes 0 for false, inside lists too: so element by element."""
    if len(before) != len(after):
        return False
    pairs = zip(before, after, strict=True)
    return not any(True for old, new in pairs for _ in _compare("", "", old, new, secret=False))


def _join(path: str, key: str) -> str:
    """Dots between plain names; what holds dots or slashes is quoted in brackets, as in a jsonpath."""
    if not _PLAIN.fullmatch(key):
        return f"{path}['{key}']"
    return f"{path}.{key}" if path else key


def _change(difference: _Difference) -> FieldChange:
    before, after = _text(difference.before), _text(difference.after)
    if difference.secret:
        return _hidden(difference)
    shown_before, shown_after = _short(before), _short(after)
    if shown_before == shown_after:  # the difference lies in what was masked or cut off
        masked = before is not None and after is not None and scrub(before) == scrub(after)
        return _hidden(difference) if masked else _around(difference.path, before or "", after or "")
    return FieldChange(difference.path, shown_before, shown_after)


def _secret_change(difference: _Difference) -> FieldChange:
    """Of a Secret, only metadata is shown; of everything else, that it differs."""
    public = difference.path.startswith(("metadata.labels", "metadata.name", "type", "immutable"))
    return _change(difference) if public else _hidden(difference)


def _hidden(difference: _Difference) -> FieldChange:
    before = None if difference.before is ABSENT else HIDDEN
    after = None if difference.after is ABSENT else HIDDEN
    return FieldChange(difference.path, before, after, hidden=True)


def _text(value: object) -> str | None:
    if value is ABSENT:
        return None
    return value if isinstance(value, str) else json.dumps(_masked(value), ensure_ascii=False, sort_keys=True)


def _masked(value: object, *, secret: bool = False) -> object:
    """A whole subtree for showing: with the values of secret names hidden."""
    if isinstance(value, dict):
        named = str(value.get("name") or "")
        return {k: _masked(v, secret=_hides(k, named, secret=secret)) for k, v in value.items()}
    if isinstance(value, list):
        return [_masked(item, secret=secret) for item in value]
    return HIDDEN if secret and value is not None else value


def _hides(key: str, named: str, *, secret: bool) -> bool:
    return (secret or secret_name(key) or (key == "value" and secret_name(named))) and not _is_reference(key)


def _short(value: str | None) -> str | None:
    if value is None:
        return None
    flat = scrub(value).replace("\r", "\\r").replace("\n", "\\n")
    return flat if len(flat) <= WIDTH else f"{flat[: WIDTH - 1]}…"


def _around(path: str, before: str, after: str) -> FieldChange:
    """Long values that differ far inside: what is around the first difference."""
    old, new = scrub(before), scrub(after)
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, at - 30)
    return FieldChange(path, _short(f"…{old[start:]}"), _short(f"…{new[start:]}"))
