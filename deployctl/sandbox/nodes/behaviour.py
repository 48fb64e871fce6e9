"""How the program in an image behaves: data, parsed from the image's `sandbox.*` labels and changed by faults.

    sandbox.ports               8000,9000      listens there; without the label on any port
    sandbox.startup-seconds     3              until it listens
    sandbox.version             0.8.8          in the health document; APP_VERSION in the environment wins
    sandbox.health              {"status": …}  by default status, environment, version and dependencies
    sandbox.health-paths        /api/health    where it is served
    sandbox.health-status       200            its HTTP status
    sandbox.html                <html>…        a frontend: this page on every path
    sandbox.memory              200Mi          in use; more than the limit is an OOM kill
    sandbox.cpu                 50m            in use
    sandbox.exit-code           1              exits at once with it
    sandbox.crash-after         30             seconds until it exits with sandbox.crash-code (1)
    sandbox.oom-after           30             seconds until the kernel kills it for memory
    sandbox.run-seconds         5              a task: ends well after so long
    sandbox.log                 text           lines written once it runs; without the label it says that it is up
    sandbox.ignores-sigterm     true           only SIGKILL ends it
    sandbox.shutdown-seconds    2              from SIGTERM to its end
    sandbox.never-ready         true           health answers 503
    sandbox.degraded            true           health answers 200 with "status": "degraded"
    sandbox.hangs               true           accepts connections and never answers
    sandbox.response-seconds    0.2            until an answer comes
    sandbox.user                root           whom it runs as; runAsNonRoot refuses root and 0
    sandbox.required-env        MONGODB_URL    KeyError and exit 1 without it
    sandbox.dependencies        mongodb=mongodb:27017,redis=redis:6379
    sandbox.without-dependencies  degraded | crash | unready
    sandbox.binaries            sh,python      all that the image has beside its entrypoint

A fault of kind `app` carries the same names without the prefix (`crash-after` or `crash_after`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, cast

from deployctl.sandbox.controllers.kit.quantity import millicores, whole

PREFIX = "sandbox."
HEALTH_PATHS = ("/api/health", "/health", "/healthz", "/livez", "/readyz", "/ready")
COMMON_BINARIES = ("sh", "bash", "ash", "sleep", "true", "false", "echo", "cat", "env", "test", "ls", "mkdir")
WithoutDependencies = Literal["degraded", "crash", "unready"]


@dataclass(frozen=True)
class Dependency:
    """A service that the program needs: reachable while `host` has a ready endpoint."""

    name: str
    host: str
    port: int


@dataclass(frozen=True)
class Behaviour:
    """Durations in seconds, memory in bytes, cpu in millicores. None means never, or any."""

    ports: tuple[int, ...] | None = None
    startup_seconds: float = 0.0
    version: str = ""
    health: Mapping[str, Any] | None = None
    health_paths: tuple[str, ...] = HEALTH_PATHS
    health_status: int = 200
    html: str = ""
    memory: int = 32 * 2**20
    cpu: int = 5
    exit_code: int | None = None
    crash_after: float | None = None
    crash_code: int = 1
    oom_after: float | None = None
    run_seconds: float | None = None
    log: tuple[str, ...] | None = None
    ignores_sigterm: bool = False
    shutdown_seconds: float = 0.1
    never_ready: bool = False
    degraded: bool = False
    hangs: bool = False
    response_seconds: float = 0.0
    user: str = ""
    required_env: tuple[str, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    without_dependencies: WithoutDependencies = "degraded"
    binaries: tuple[str, ...] | None = field(default=None)


def parse_behaviour(labels: Mapping[str, str]) -> Behaviour:
    """The behaviour that an image's labels describe. Raises ValueError naming the label that is wrong."""
    ours = {key.removeprefix(PREFIX): value for key, value in labels.items() if key.startswith(PREFIX)}
    return changed(Behaviour(version=labels.get("org.opencontainers.image.version", "")), ours)


def changed(behaviour: Behaviour, values: Mapping[str, Any]) -> Behaviour:
    """The behaviour with some values replaced; names that mean nothing here are passed over (a fault's selectors)."""
    updates: dict[str, Any] = {}
    for key, value in values.items():
        name = key.replace("-", "_")
        if name not in _NAMES:
            continue
        try:
            updates[name] = _parse(name, value)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{PREFIX}{key}: {value!r} is not valid: {error}") from error
    return replace(behaviour, **updates) if updates else behaviour


_NAMES = frozenset(f.name for f in fields(Behaviour))
_SECONDS = frozenset(
    {"startup_seconds", "crash_after", "oom_after", "run_seconds", "shutdown_seconds", "response_seconds"}
)
_NUMBERS = frozenset({"health_status", "exit_code", "crash_code"})
_FLAGS = frozenset({"ignores_sigterm", "never_ready", "degraded", "hangs"})
_LISTS = frozenset({"health_paths", "required_env", "binaries"})
_OPTIONAL = frozenset({"exit_code", "crash_after", "oom_after", "run_seconds"})


def _parse(name: str, value: Any) -> Any:
    if value is None or (name in _OPTIONAL and value in ("", "never")):
        return None
    for names, parse in _PARSERS:
        if name in names:
            return parse(value)
    return str(value)


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    if text not in ("true", "false", "1", "0", "yes", "no"):
        raise ValueError("must be true or false")
    return text in ("true", "1", "yes")


def _listed(value: Any) -> tuple[str, ...]:
    items = value.split(",") if isinstance(value, str) else value
    return tuple(str(item).strip() for item in items if str(item).strip())


def _lines(value: Any) -> tuple[str, ...]:
    return tuple(value.splitlines()) if isinstance(value, str) else tuple(str(line) for line in value)


def _ports(value: Any) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else tuple(int(item) for item in _listed(value))


def _document(value: Any) -> Mapping[str, Any]:
    document = json.loads(value) if isinstance(value, str) else value
    if not isinstance(document, dict):
        raise ValueError("must be a JSON object")
    return document


def _dependencies(value: Any) -> tuple[Dependency, ...]:
    items = {n: str(a) for n, a in value.items()} if isinstance(value, dict) else dict(_pairs(value))
    parsed = []
    for name, address in items.items():
        host, _, port = address.rpartition(":")
        parsed.append(Dependency(name, host, int(port)))
    return tuple(parsed)


def _pairs(value: Any) -> list[tuple[str, str]]:
    """`name=host:port`, or just `host:port`, which is then also the name."""
    pairs = []
    for item in _listed(value):
        name, equals, address = item.partition("=")
        pairs.append((name, address) if equals else (item.split(":")[0], item))
    return pairs


def _without(value: Any) -> WithoutDependencies:
    if value not in ("degraded", "crash", "unready"):
        raise ValueError("must be degraded, crash or unready")
    return cast("WithoutDependencies", value)


_PARSERS: tuple[tuple[frozenset[str], Any], ...] = (
    (_SECONDS, float),
    (_NUMBERS, int),
    (_FLAGS, _flag),
    (_LISTS, _listed),
    (frozenset({"log"}), _lines),
    (frozenset({"ports"}), _ports),
    (frozenset({"memory"}), whole),
    (frozenset({"cpu"}), millicores),
    (frozenset({"health"}), _document),
    (frozenset({"dependencies"}), _dependencies),
    (frozenset({"without_dependencies"}), _without),
)
