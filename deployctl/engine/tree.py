"""The working tree around a build: what of it travels, and what git does not know of that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from deployctl.engine.target import Target
from deployctl.model.change import Finding
from deployctl.model.context import ContextListing
from deployctl.model.service import BuildSource, Service
from deployctl.ports import TreeState

SHOWN = 10


def context_findings(target: Target, service: Service) -> tuple[Finding, ...]:
    """Likely secrets in the service's build context. Raises what Contexts.listing does."""
    if service.source is None:
        return ()
    listing = target.ports.contexts.listing(service.source)
    return tuple(suspect_findings(service.name, listing))


def suspect_findings(service: str, listing: ContextListing) -> Iterator[Finding]:
    if listing.suspects:
        yield Finding(
            "likely-secret",
            f"the build context of {service} holds what looks like secrets",
            listing.folder,
            tuple(f"{one.name}: {one.why}" for one in listing.suspects[:SHOWN]),
            "name them in .dockerignore; what a build needs in secret goes in as a secret argument",
        )


def dirty_files(target: Target, service: Service) -> tuple[str, ...]:
    """Files of the build context that git does not know as they are, relative to it; empty outside a repository."""
    source = service.source
    state = target.ports.repository.state()
    if source is None or not state.dirty or not state.root:
        return ()
    return _travelling(tuple(_within(source.context.resolve(), state)), source, target)


def changed_since(target: Target, service: Service, moment: datetime | None) -> tuple[str, ...]:
    """How the service's build context differs from what it was at a moment, as far as git knows: a line each for what
    is not committed and for what was committed since."""
    source = service.source
    if source is None:
        return ()
    names = target.ports.repository.committed_since(moment, source.context) if moment else ()
    committed = _travelling(names, source, target)
    return (
        *_line("not committed", dirty_files(target, service)),
        *_line("committed since it was made", committed),
    )


def _line(what: str, names: tuple[str, ...]) -> tuple[str, ...]:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (f"{what}: {', '.join(names[:SHOWN])}{more}",) if names else ()


def _travelling(changed: tuple[str, ...], source: BuildSource, target: Target) -> tuple[str, ...]:
    """Those of some changed paths that a build would notice; a bump that a release wrote is no change."""
    context = source.context.resolve()
    bumped = {path.parent.resolve() / path.name for path in source.bumped}
    noticed = tuple(name for name in changed if context / name not in bumped)
    if not noticed:
        return ()
    travelling = {file.name for file in target.ports.contexts.listing(source).files}
    return tuple(name for name in noticed if _travels(name, travelling, context))


def _within(context: Path, state: TreeState) -> Iterator[str]:
    """Changed paths in the context; an untracked folder that the context lies in makes all of it new."""
    for path in state.dirty:
        place = Path(state.root) / path
        if place.is_relative_to(context):
            yield place.relative_to(context).as_posix() + ("/" if path.endswith("/") else "")
        elif path.endswith("/") and context.is_relative_to(place):
            yield "./"


def _travels(name: str, travelling: set[str], context: Path) -> bool:
    """What was deleted is a change, too."""
    if name.endswith("/"):
        prefix = "" if name == "./" else name
        return any(one.startswith(prefix) for one in travelling)
    return name in travelling or not (context / name).exists()
