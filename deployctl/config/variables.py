"""Environment variables: what CI must set stands above the file and below the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deployctl.config.environment_tables import ENVIRONMENT
from deployctl.config.faults import nearest
from deployctl.config.locate import Path as KeyPath
from deployctl.config.registry_tables import REGISTRY
from deployctl.model.errors import UsageError

CONFIG = "DEPLOYCTL_CONFIG"
ENV = "DEPLOYCTL_ENV"
ELSEWHERE: Mapping[str, str] = {
    CONFIG: "The configuration file, as --config.",
    ENV: "The environment, as --env.",
    "DEPLOYCTL_OUTPUT": "text or json, as --output.",
    "DEPLOYCTL_REGISTRY_USERNAME": "User name for the registry.",
    "DEPLOYCTL_REGISTRY_PASSWORD": "Its password or token. Never shown.",
}
"""Variables that override no key of a table."""
_PREFIX = "DEPLOYCTL_"
_FOREIGN = ("DEPLOYCTL_SANDBOX", "DEPLOYCTL_LAB", "DEPLOYCTL_VENV")
"""Beginnings of names that the sandbox tells its children, or that the project's own scripts read."""


def overriding() -> Mapping[str, str]:
    """Each variable that overrides a key of the chosen environment or its registry, with what it means."""
    keys = (*ENVIRONMENT.keys, *REGISTRY.keys)
    return {key.variable: key.doc for key in keys if key.variable}


def check_variables(environ: Mapping[str, str]) -> None:
    """Raises UsageError for a DEPLOYCTL_ variable that nobody reads: most likely a slip that would go unnoticed."""
    known = (*ELSEWHERE, *overriding())
    for name in sorted(environ):
        if name.startswith(_PREFIX) and name not in known and not name.startswith(_FOREIGN):
            near = nearest(name, known)
            raise UsageError(
                f"there is no variable {name}",
                where="the environment",
                action=f"did you mean {near}?" if near else f"known are: {', '.join(sorted(known))}",
            )


def override(
    data: Mapping[str, Any], chosen: str, environ: Mapping[str, str]
) -> tuple[Mapping[str, Any], Mapping[KeyPath, str]]:
    """The document with the variables' values in the chosen environment and the registry that it names.

    An empty variable is one that is not set: CI systems pass those for what they do not know. Also returned: which
    places now hold which variable's value. A document too wrong to be overridden is returned as it is.
    """
    environments = data.get("environments")
    if not isinstance(environments, Mapping) or not isinstance(environments.get(chosen), Mapping):
        return data, {}
    changed: Mapping[str, Any] = data
    origins: dict[KeyPath, str] = {}
    for path, variable in _places(data, chosen):
        value = environ.get(variable, "")
        if value:
            changed = _set(changed, path, value)
            origins[path] = variable
    return changed, origins


def _places(data: Mapping[str, Any], chosen: str) -> Iterator[tuple[KeyPath, str]]:
    for key in ENVIRONMENT.keys:
        if key.variable:
            yield ("environments", chosen, key.name), key.variable
    registry = registry_path(data, chosen)
    for key in REGISTRY.keys:
        if key.variable and registry:
            yield (*registry, key.name), key.variable


def registry_path(data: Mapping[str, Any], environment: str) -> KeyPath:
    """Where the registry of an environment is described; empty when that cannot be said."""
    several = data.get("registries")
    names = tuple(several) if isinstance(several, Mapping) else ()
    asked = data["environments"][environment].get("registry")
    if asked is not None:
        return ("registries", asked) if asked in names else ()
    if "registry" in data:
        return ("registry",)
    return ("registries", names[0]) if len(names) == 1 else ()


def _set(data: Mapping[str, Any], path: KeyPath, value: str) -> Mapping[str, Any]:
    """A copy with one value replaced; a way through something that is no table leaves it as it is."""
    head, *rest = path
    if not rest:
        return {**data, str(head): value}
    inner = data.get(str(head), {})
    return {**data, str(head): _set(inner, tuple(rest), value)} if isinstance(inner, Mapping) else data
