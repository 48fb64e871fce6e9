"""What `kubectl apply` left: kubectl's own server-side apply may take over what its annotation says it set."""

from __future__ import annotations

import json
from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.fields.compare import compare
from deployctl.sandbox.fields.elements import go_json
from deployctl.sandbox.fields.errors import Conflict
from deployctl.sandbox.fields.extract import field_set
from deployctl.sandbox.fields.sets import FieldSet
from deployctl.sandbox.fields.typed import misfits
from deployctl.sandbox.schema.kinds import Kind
from deployctl.sandbox.schema.types import Atom

ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"


def conflicts_left(kind: Kind, atom: Atom, live: Object, conflict: Conflict) -> None:
    """Raises Conflict with those that the annotation does not excuse; returns when it excuses all."""
    allowed = _allowed(kind, atom, live)
    if allowed is None:
        raise conflict
    left = tuple(c for c in conflict.conflicts if c.path not in allowed)
    if left:
        raise Conflict(left) from conflict


def _allowed(kind: Kind, atom: Atom, live: Object) -> FieldSet | None:
    """What the annotation applied and is still so; None when there is no usable annotation."""
    text = _annotation(live)
    try:
        last: Any = json.loads(text) if text else None
    except ValueError:
        return None
    if not isinstance(last, dict) or last.get("apiVersion") != kind.api_version or misfits(atom, last):
        return None
    change = compare(atom, last, live)
    return field_set(atom, last) - change.modified - change.added - change.removed


def _annotation(obj: Object) -> str:
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    return str(annotations.get(ANNOTATION, ""))


def synchronised(result: Object, applied: Object) -> Object:
    """With the annotation, when there is one, saying what was just applied."""
    if not _annotation(result):
        return result
    metadata = dict(applied.get("metadata") or {})
    if "annotations" in metadata:
        metadata["annotations"] = {k: v for k, v in (metadata["annotations"] or {}).items() if k != ANNOTATION}
    text = go_json(_sorted({**applied, "metadata": metadata})) + "\n"
    mine = result["metadata"]
    return {**result, "metadata": {**mine, "annotations": {**mine["annotations"], ANNOTATION: text}}}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _sorted(v) for k, v in sorted(value.items())}
    return [_sorted(v) for v in value] if isinstance(value, list) else value
