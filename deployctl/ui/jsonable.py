"""The model as JSON: documented shapes, and never a manifest's body, for it may be a Secret's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

HIDDEN = frozenset({"manifests", "body", "template", "status", "source", "before", "after"})
"""Fields that never go out: whole objects, and whole files."""
KEPT = {
    "FieldChange": {"before", "after"},
    "LogLine": {"source"},
    "SandboxRequest": {"status"},
    "StatusRead": {"status"},
}
"""Fields of these names that are something else: one field's values, who said a line, an HTTP status, a glance."""


def jsonable(value: object) -> Any:
    """Decoded JSON of any value of the model. A member of a union of dataclasses carries its `type`."""
    if is_dataclass(value) and not isinstance(value, type):
        name = type(value).__name__
        shown = {f.name: jsonable(getattr(value, f.name)) for f in fields(value) if _shown(name, f.name)}
        return {"type": kebab(name), **shown} if name.endswith("Step") else shown
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    return _scalar(value)


def _shown(owner: str, name: str) -> bool:
    return name not in HIDDEN or name in KEPT.get(owner, ())


def _scalar(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def kebab(name: str) -> str:
    """`StepStarted` as `step-started`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def event_json(event: object, at: datetime) -> dict[str, Any]:
    """One line of `--output json`: `event`, `at` and the event's own fields."""
    return {"event": kebab(type(event).__name__), "at": at.isoformat(), **jsonable(event)}
