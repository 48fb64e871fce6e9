"""A service's table as a Service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deployctl.config.section import Section
from deployctl.config.workload import workload
from deployctl.model.service import BuildArgument, BuildSource, Expectation, HealthCheck, Service


def make_service(name: str, section: Section, bumped: tuple[Path, ...]) -> Service:
    """One service; build arguments that an environment variable should hold and does not are marked, not refused."""
    found = (workload(text) for text in section.texts("workloads"))
    return Service(
        name=name,
        image=section.text("image"),
        workloads=tuple(ref for ref in found if ref is not None),
        version_file=section.path("version_file"),
        source=_source(section, bumped),
        health=_health(section.sub("health")),
        repository=section.text("repository"),
    )


def _source(section: Section, bumped: tuple[Path, ...]) -> BuildSource | None:
    context = section.path("context")
    if context is None:
        return None
    environ = section.origin.environ
    arguments = section.mapping("build_args").items()
    return BuildSource(
        context=context,
        dockerfile=section.path("dockerfile") or context / "Dockerfile",
        target=section.text("target"),
        platform=section.text("platform"),
        arguments=tuple(_argument(name, value, environ) for name, value in arguments),
        bumped=bumped,
    )


def _argument(name: str, value: str | Mapping[str, str], environ: Mapping[str, str]) -> BuildArgument:
    if isinstance(value, str):
        return BuildArgument(name, value)
    variable = value["env"]
    if variable in environ:
        return BuildArgument(name, environ[variable], secret=True)
    return BuildArgument(name, secret=True, unset=variable)


def _health(section: Section) -> HealthCheck | None:
    if not section.data:
        return None
    return HealthCheck(
        path=section.text("path"),
        format="html" if section.text("format") == "html" else "json",
        status=section.whole("status"),
        expect=tuple(_expectations(section.mapping("expect"))),
        contains=section.text("contains"),
        version_field=section.text("version_field"),
    )


def _expectations(fields: Mapping[str, Any], prefix: str = "") -> Iterator[Expectation]:
    """`dependencies.redis.connected = true` unquoted is nested tables in TOML, and means the same path."""
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from _expectations(value, f"{prefix}{name}.")
        else:
            yield Expectation(f"{prefix}{name}", value)
