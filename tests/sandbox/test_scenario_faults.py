"""The board of faults."""

from __future__ import annotations

from typing import Any

import pytest

from deployctl.sandbox.fault_kinds import KINDS
from deployctl.sandbox.faults import FaultBoard


def test_a_fault_stands_until_it_is_removed() -> None:
    board = FaultBoard()
    fault = board.add("registry-error", {"status": 500})
    assert board.active("registry-error") == ({"id": fault.id, "status": 500},)
    assert board.remove(fault.id)
    assert not board.remove(fault.id)
    assert board.active("registry-error") == ()


def test_a_kind_removes_all_of_it() -> None:
    board = FaultBoard()
    for status in (500, 503):
        board.add("registry-error", {"status": status})
    board.add("node-down", {"node": "a"})
    assert board.remove("registry-error")
    assert [fault.kind for fault in board.all()] == ["node-down"]


def test_a_fault_with_times_happens_that_often() -> None:
    board = FaultBoard()
    board.add("registry-error", {"status": 500, "times": 2})
    taken = [board.take("registry-error") is not None for _ in range(3)]
    assert taken == [True, True, False]


def test_only_what_fits_is_taken_and_counted() -> None:
    board = FaultBoard()
    board.add("registry-error", {"status": 500, "path": "/v2/*/manifests/*", "method": "GET", "times": 1})
    asked = [("GET", "/v2/a/b/blobs/x"), ("PUT", "/v2/a/b/manifests/x"), ("GET", "/v2/a/b/manifests/x")]
    taken = [board.take("registry-error", method=m, path=p) is not None for m, p in asked]
    assert taken == [False, False, True]


def test_dashes_in_names_are_underscores() -> None:
    board = FaultBoard()
    board.add("app", {"crash-after": 5, "workload": "backend"})
    assert board.active("app") == ({"id": "app-1", "crash_after": 5, "workload": "backend"},)


@pytest.mark.parametrize(
    ("kind", "parameters", "told"),
    [
        ("registry-eror", {}, "unknown fault kind 'registry-eror'; did you mean 'registry-error'?"),
        ("registry-error", {}, "fault 'registry-error' needs 'status'"),
        ("registry-error", {"status": "500"}, "fault 'registry-error': status must be a whole number, not '500'"),
        ("registry-error", {"status": True}, "fault 'registry-error': status must be a whole number, not True"),
        ("registry-error", {"statuss": 1}, "fault 'registry-error' takes no 'statuss'; did you mean 'status'?"),
        ("registry-latency", {"seconds": "long"}, "fault 'registry-latency': seconds must be a number, not 'long'"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_by_name(kind: str, parameters: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match="fault") as caught:
        FaultBoard().add(kind, parameters)
    assert str(caught.value) == told


def test_what_is_required_is_also_known() -> None:
    assert {name: [r for r in kind.required if r not in kind.parameters] for name, kind in KINDS.items()} == {
        name: [] for name in KINDS
    }
