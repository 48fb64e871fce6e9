"""The request log."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from deployctl.sandbox.requestlog import Request, RequestLog

ONE = Request(
    datetime(2026, 1, 1, tzinfo=UTC), 0.5, "api", "jane", "GET", "/api/v1/pods", "list", "pods", "", "", "", 200, "k"
)  # fmt: skip


def test_requests_are_found_by_their_fields_after_a_mark() -> None:
    log = RequestLog()
    log.add(ONE)
    mark = log.count
    log.add(replace(ONE, verb="get", name="p"))
    log.add(replace(ONE, status=404))
    assert [r.name for r in log.where(verb="get")] == ["p"]
    assert [r.status for r in log.where(mark, verb="list", resource="pods")] == [404]


def test_the_ring_forgets_the_oldest_but_marks_stay_true() -> None:
    log = RequestLog(capacity=2)
    for status in (200, 201, 202):
        log.add(replace(ONE, status=status))
    assert [r.status for r in log] == [201, 202]
    assert (log.count, [r.status for r in log.since(2)], log.since(3)) == (3, [202], [])


def test_a_file_has_a_line_of_json_a_request(tmp_path: Path) -> None:
    log = RequestLog(file=tmp_path / "log.jsonl")
    log.add(ONE)
    log.close()
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["time"] for line in lines] == ["2026-01-01T00:00:00+00:00"]
