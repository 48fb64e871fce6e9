"""Programs as data, the small shell, image references, schedules, quantities: the pure parts."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.sandbox.clock import ManualClock
from deployctl.sandbox.controllers.cronjob.schedule import parse_schedule
from deployctl.sandbox.controllers.kit.quantity import format_cpu, format_memory, millicores, parse_quantity, whole
from deployctl.sandbox.nodes.backoff import Backoff, go_duration
from deployctl.sandbox.nodes.behaviour import Behaviour, Dependency, changed, parse_behaviour
from deployctl.sandbox.nodes.images import InvalidReference, parse_reference
from deployctl.sandbox.nodes.logs import LogBuffer
from deployctl.sandbox.nodes.programs.answers import answer
from deployctl.sandbox.nodes.programs.process import Surroundings
from deployctl.sandbox.nodes.programs.shell import Shell


def test_labels_become_a_behaviour_and_faults_change_it() -> None:
    labels = {
        "sandbox.ports": "8000, 9000",
        "sandbox.startup-seconds": "2.5",
        "sandbox.memory": "200Mi",
        "sandbox.dependencies": "mongodb=mongo:27017,redis:6379",
        "sandbox.ignores-sigterm": "true",
        "org.opencontainers.image.version": "0.8.8",
        "maintainer": "somebody",
    }
    parsed = parse_behaviour(labels)
    assert parsed == Behaviour(
        ports=(8000, 9000),
        startup_seconds=2.5,
        memory=200 * 2**20,
        dependencies=(Dependency("mongodb", "mongo", 27017), Dependency("redis", "redis", 6379)),
        ignores_sigterm=True,
        version="0.8.8",
    )
    assert changed(parsed, {"workload": "backend", "crash-after": 5}).crash_after == 5.0


@pytest.mark.parametrize(
    ("label", "value"),
    [("ports", "http"), ("memory", "lots"), ("degraded", "perhaps"), ("health", "[]"), ("dependencies", "mongo")],
)
def test_a_label_that_means_nothing_is_named(label: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"sandbox.{label}"):
        parse_behaviour({f"sandbox.{label}": value})


def test_a_frontend_answers_its_page_to_everything() -> None:
    frontend = Behaviour(html="<html>hello</html>")
    for path in ("/", "/api/health", "/any/where"):
        found = answer(frontend, {}, lambda host, port: True, "GET", path)
        assert (found.status, found.headers["Content-Type"]) == (200, "text/html")


def test_a_backend_answers_json_and_knows_only_its_paths() -> None:
    backend = Behaviour(version="1.2.3", health={"build": 7})
    found = answer(backend, {"ENVIRONMENT": "test"}, lambda host, port: True, "GET", "/api/health?x=1")
    assert json.loads(found.body) == {
        "status": "ok",
        "environment": "test",
        "version": "1.2.3",
        "dependencies": {},
        "build": 7,
    }
    lost = answer(backend, {}, lambda host, port: True, "GET", "/nope")
    assert (lost.status, json.loads(lost.body)) == (404, {"detail": "Not Found"})


SCRIPTS = [
    ("exit 3", 3, []),
    ("echo one; false", 1, ["one"]),
    ("true && echo yes || echo no", 0, ["yes"]),
    ("false && echo yes || echo no", 0, ["no"]),
    ('if [ -z "$NAME" ]; then echo none; else echo $NAME; fi', 0, ["anna"]),
    ("for x in 1 2; do echo $x; done", 0, ["1", "2"]),
    ("X=5; echo ${X} ${Y:-six} 'not $X'", 0, ["5 six not $X"]),
    ("! true", 1, []),
    ("(echo a; echo b) 2>&1 >/dev/null", 0, ["a", "b"]),
    ("sleep 1; exit 0", 0, []),
    ("until nc -z db 5432; do echo waiting; sleep 1; done; echo up", 0, ["up"]),
    ("wget -q http://nowhere:80/ || exit 9", 9, []),
    ("set -e\necho first\necho second # comment", 0, ["first", "second"]),
]


@pytest.mark.parametrize(("script", "code", "lines"), SCRIPTS, ids=[s for s, _, _ in SCRIPTS])
def test_the_small_shell(script: str, code: int, lines: list[str]) -> None:
    async def story() -> tuple[int, list[str]]:
        clock, logs = ManualClock(), LogBuffer()
        around = Surroundings(
            clock=clock,
            env={"NAME": "anna"},
            logs=logs,
            memory_limit=None,
            behaviour=Behaviour,
            reaches=lambda host, port: host == "db",
            binaries=None,
            runs_for_ever=False,
            task_seconds=0.0,
            kill_seconds=0.0,
        )
        task = asyncio.ensure_future(Shell(around, script).run())
        await clock.advance(10)
        return (await task).code, [line for _, line in logs.lines()]

    assert asyncio.run(story()) == (code, lines)


REFERENCES = [
    ("nginx", "docker.io/library/nginx:latest"),
    ("redis:7", "docker.io/library/redis:7"),
    ("bitnami/redis:7", "docker.io/bitnami/redis:7"),
    ("reg.test/a/b:1", "reg.test/a/b:1"),
    ("localhost:5000/a", "localhost:5000/a:latest"),
    ("reg.test:443/a@sha256:" + "0" * 64, "reg.test:443/a@sha256:" + "0" * 64),
]


@pytest.mark.parametrize(("text", "expected"), REFERENCES)
def test_references_are_completed(text: str, expected: str) -> None:
    assert str(parse_reference(text)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Bad:::name", "invalid reference format: repository name (library/Bad) must be lowercase"),
        ("reg.test/Foo/bar:1", "invalid reference format: repository name (Foo/bar) must be lowercase"),
        ("a:::b", "invalid reference format"),
        ("reg.test/a b:1", "invalid reference format"),
        ("reg.test/a@sha256:xyz", "invalid reference format"),
        ("", "invalid reference format"),
    ],
)
def test_what_is_no_reference_is_refused_in_the_parsers_words(text: str, message: str) -> None:
    with pytest.raises(InvalidReference) as caught:
        parse_reference(text)
    assert str(caught.value) == message


@given(st.text(max_size=40))
def test_parsing_a_reference_ends_in_a_reference_or_a_refusal(text: str) -> None:
    try:
        once = parse_reference(text)
    except InvalidReference:
        return
    assert parse_reference(str(once)) == once


SCHEDULES = [
    ("* * * * *", "2025-01-01T00:00:30Z", "2025-01-01T00:01:00Z"),
    ("*/15 * * * *", "2025-01-01T00:15:00Z", "2025-01-01T00:30:00Z"),
    ("0 2 * * *", "2025-01-01T03:00:00Z", "2025-01-02T02:00:00Z"),
    ("30 6 * * mon-fri", "2025-01-03T07:00:00Z", "2025-01-06T06:30:00Z"),
    ("0 0 1 feb *", "2025-02-02T00:00:00Z", "2026-02-01T00:00:00Z"),
    ("0 0 13 * fri", "2025-01-01T00:00:00Z", "2025-01-03T00:00:00Z"),
    ("@daily", "2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"),
    ("0 0 29 2 *", "2025-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
    ("0 12 * * 7", "2025-01-01T00:00:00Z", "2025-01-05T12:00:00Z"),
]


@pytest.mark.parametrize(("text", "after", "expected"), SCHEDULES)
def test_schedules_come_due(text: str, after: str, expected: str) -> None:
    due = parse_schedule(text).next_after(datetime.fromisoformat(after), UTC)
    assert due == datetime.fromisoformat(expected)


@pytest.mark.parametrize("text", ["* * * *", "60 * * * *", "* * 0 * *", "a * * * *", "*/0 * * * *", "5-1 * * * *"])
def test_bad_schedules_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_schedule(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1", 1),
        ("500m", Fraction(1, 2)),
        ("1Gi", 2**30),
        ("1.5G", 1_500_000_000),
        ("2e3", 2000),
        (".5", Fraction(1, 2)),
    ],
)
def test_quantities(text: str, amount: Fraction) -> None:
    assert parse_quantity(text) == amount


@given(st.integers(min_value=0, max_value=2**45))
def test_formatted_quantities_read_back(amount: int) -> None:
    assert whole(format_memory(amount)) == amount
    assert millicores(format_cpu(amount)) == amount


def test_back_off_doubles_up_to_its_longest_and_is_forgotten() -> None:
    backoff = Backoff(10, 300)
    pauses = []
    for moment in range(0, 700, 100):
        backoff.next(moment)
        pauses.append(backoff.current)
    assert pauses == [10, 20, 40, 80, 160, 300, 300]
    backoff.next(2000)
    assert backoff.current == 10


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.25, "250ms"), (1.5, "1.5s"), (10, "10s"), (80, "1m20s"), (300, "5m0s"), (3723.004, "1h2m3.004s")],
)
def test_durations_read_as_go_prints_them(seconds: float, text: str) -> None:
    assert go_duration(seconds) == text
