"""From a request to the handler that answers it, with the scope that it needs.

Repository names hold slashes, and Azure's client sends them as %2F: so paths are matched after decoding.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from deployctl.sandbox.registry.access import Scope
from deployctl.sandbox.registry.registry import Registry


@dataclass(frozen=True)
class Call:
    """One request, with the parts of its path."""

    registry: Registry
    request: web.Request
    parts: dict[str, str]

    @property
    def name(self) -> str:
        """The repository."""
        return self.parts["name"]

    def query(self, key: str) -> str:
        """A query parameter, empty when missing."""
        return self.request.query.get(key, "")


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Route:
    """`action` is what the caller must be allowed to do; `catalog` for the listing, empty for nothing."""

    methods: tuple[str, ...]
    path: re.Pattern[str]
    handler: Handler
    action: str

    def scope(self, parts: dict[str, str]) -> Scope | None:
        """What a token must hold."""
        if self.action == "catalog":
            return Scope("registry", "catalog", frozenset({"*"}))
        return Scope("repository", parts["name"], frozenset(self.action.split(","))) if self.action else None


def route(methods: str, path: str, handler: Handler, action: str) -> Route:
    """`{name}` in the path takes slashes, any other `{x}` does not."""
    pattern = path.replace("{name}", "(?P<name>.+?)")
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
    return Route(tuple(methods.split()), re.compile(pattern), handler, action)
