"""What goes out as JSON, and what never does."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, get_args

from deployctl.model import event as events
from deployctl.model.change import FieldChange
from deployctl.model.sandbox import RequestsRead, SandboxRequest
from deployctl.ui.jsonable import HIDDEN, event_json, jsonable

AT = datetime(2026, 1, 5, 12, 0, 41, tzinfo=UTC)


def test_a_request_keeps_its_status() -> None:
    request = SandboxRequest(AT, "api", "me", "GET", "/api/v1/pods", "list", "pods", "", "", "", 200, 0.004, "kubectl")
    told = event_json(RequestsRead(7, (request,)), AT)
    assert (told["event"], told["count"], told["requests"][0]["status"]) == ("requests-read", 7, 200)


def test_no_event_loses_a_field_of_its_own() -> None:
    lost = [
        f"{kind.__name__}.{field.name}"
        for kind in get_args(events.RunEvent)
        for field in fields(kind)
        if field.name in HIDDEN and field.name not in event_json(_hollow(kind), AT)
    ]
    assert lost == []


def test_whole_objects_stay_inside() -> None:
    @dataclass(frozen=True)
    class Held:
        name: str
        body: dict[str, Any]

    assert jsonable(Held("it", {"data": {"password": "x"}})) == {"name": "it"}


def test_a_changed_field_says_what_it_was_and_will_be() -> None:
    assert jsonable(FieldChange("spec.replicas", "1", "2")) == {
        "path": "spec.replicas",
        "before": "1",
        "after": "2",
        "hidden": False,
    }


def _hollow(kind: type[Any]) -> Any:
    """One without values: only its fields' names matter here."""
    empty = object.__new__(kind)
    for field in fields(kind):
        object.__setattr__(empty, field.name, "")
    return empty
