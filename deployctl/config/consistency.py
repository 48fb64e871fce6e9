"""What a key-by-key check cannot see: keys that do not go together, and names that lead nowhere.

Looks at a document that fits the schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deployctl.config.faults import Fault, nearest
from deployctl.config.shapes import full_path
from deployctl.config.variables import registry_path
from deployctl.model.tag import placeholders

_JSON_ONLY = ("expect", "version_field")
_BUILD_ONLY = ("dockerfile", "target", "platform", "build_args")


def inconsistencies(data: Mapping[str, Any], root: Path) -> tuple[Fault, ...]:
    """Everything that is wrong across keys."""
    return tuple(_faults(data, root))


def _faults(data: Mapping[str, Any], root: Path) -> Iterator[Fault]:
    for name in ("environments", "services"):
        if not data.get(name):
            yield Fault((), f"there are no {name}", f"add a table [{name}.NAME]")
    yield from _default(data)
    for name, environment in data.get("environments", {}).items():
        yield from _environment(data, name, environment)
    for name, service in data.get("services", {}).items():
        yield from _build(name, service, root)
        yield from _health(name, service.get("health", {}))


def _default(data: Mapping[str, Any]) -> Iterator[Fault]:
    default, names = data.get("default_environment"), tuple(data.get("environments", {}))
    if default is not None and default not in names:
        near = nearest(default, names)
        action = f"did you mean `{near}`?" if near else f"there are: {', '.join(names)}"
        yield Fault(("default_environment",), f"there is no environment `{default}`", action)


def _environment(data: Mapping[str, Any], name: str, environment: Mapping[str, Any]) -> Iterator[Fault]:
    path = ("environments", name)
    if not registry_path(data, name):
        yield _no_registry(data, name, environment)
    tag = environment.get("tag", "v{version}")
    if "version" not in placeholders(tag):
        what = f"`tag` is not right: `{tag}` is the same for every version"
        yield Fault((*path, "tag"), what, 'put {version} into it, such as "prod-v{version}"; `extra_tags` may be fixed')


def _no_registry(data: Mapping[str, Any], name: str, environment: Mapping[str, Any]) -> Fault:
    names = tuple(data.get("registries", {}))
    listed = f"there are: {', '.join(names)}" if names else "add a table [registry] with login_server"
    if "registry" not in environment:
        what = f"`registry` is missing: there are {len(names)}" if names else "there is no registry"
        return Fault(("environments", name), what, listed)
    asked = environment["registry"]
    near = nearest(asked, names)
    action = f"did you mean `{near}`?" if near else listed
    return Fault(("environments", name, "registry"), f"there is no registry `{asked}`", action)


def _build(name: str, service: Mapping[str, Any], root: Path) -> Iterator[Fault]:
    path = ("services", name)
    if "context" not in service:
        for key in (key for key in _BUILD_ONLY if key in service):
            yield Fault(
                (*path, key), f"`{key}` says how to build, but there is no `context`", "add context, the folder"
            )
    elif "dockerfile" not in service:
        context = service["context"]
        if not (full_path(context, root, Path.home()) / "Dockerfile").is_file():
            what = f"there is no Dockerfile in `{context}`"
            yield Fault((*path, "context"), what, "name it with `dockerfile`")


def _health(name: str, health: Mapping[str, Any]) -> Iterator[Fault]:
    path, html = ("services", name, "health"), health.get("format") == "html"
    for key in (key for key in _JSON_ONLY if html and key in health):
        yield Fault((*path, key), f"`{key}` is for json, and `format` is html", "use `contains`, or another format")
    if "contains" in health and not html:
        action = 'add format = "html", or use `expect`'
        yield Fault((*path, "contains"), "`contains` is for html, and `format` is json", action)
