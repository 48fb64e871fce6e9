"""Reading a configuration: file found, variables laid over it, checked, and made into nouns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deployctl.config.build import environments, services
from deployctl.config.consistency import inconsistencies
from deployctl.config.document import Document, find
from deployctl.config.faults import Fault, failure
from deployctl.config.locate import Path as KeyPath
from deployctl.config.section import Origin
from deployctl.config.validate import validate
from deployctl.config.variables import CONFIG, ENV, check_variables, override
from deployctl.model.environment import Project


def load(start: Path, explicit: Path | None, environ: Mapping[str, str], *, environment: str = "") -> Project:
    """The project that a command works on.

    `explicit` is --config, `environment` is --env; each beats its variable, which beats what the file says. The
    variables change only the environment that is chosen and the registry it names; the project's
    `default_environment` is then the chosen one. Raises UsageError, once, for everything that is wrong.
    """
    check_variables(environ)
    named = explicit or (Path(environ[CONFIG]) if environ.get(CONFIG) else None)
    document = find(start.absolute(), named)
    chosen = environment or environ.get(ENV, "") or _default(document.data)
    data, origins = override(document.data, chosen, environ)
    root = document.source.parent
    faults = validate(data, root) or inconsistencies(data, root)
    if faults:
        raise failure(_in_order(faults, document), document, origins)
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    origin = Origin(root, home, environ)
    project = Project(
        root=root,
        source=document.source,
        environments=tuple(environments(data, origin)),
        services=tuple(services(data, origin)),
        default_environment=chosen,
    )
    if chosen:
        project.environment(chosen)
    return project


def _default(data: Mapping[str, Any]) -> str:
    """What the file says, or the only environment there is; empty when somebody must choose."""
    found, several = data.get("default_environment"), data.get("environments")
    if isinstance(found, str):
        return found
    return next(iter(several)) if isinstance(several, Mapping) and len(several) == 1 else ""


def _in_order(faults: tuple[Fault, ...], document: Document) -> tuple[Fault, ...]:
    """As a reader of the file meets them."""

    def line(fault: Fault) -> int:
        path: KeyPath = (*document.prefix, *fault.path)
        return next(document.lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in document.lines)

    return tuple(sorted(faults, key=line))
