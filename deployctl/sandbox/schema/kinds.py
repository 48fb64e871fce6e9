"""Kind: one served resource of one group version, built in or made by a CustomResourceDefinition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from deployctl.sandbox.schema import table

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True)
class Subresource:
    """What `/{name}` of an object takes and answers: `status` its own kind, `scale` autoscaling/v1 Scale …"""

    name: str
    group: str
    version: str
    kind: str
    verbs: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A kind as discovery shows it. `schema` is the OpenAPI schema of a custom resource, None for a built-in one."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    short_names: tuple[str, ...] = ()
    namespaced: bool = True
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    responses: tuple[Subresource, ...] = field(default=(), repr=False)
    schema: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1`: an object's apiVersion."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """kubectl's spelling: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def custom(self) -> bool:
        return self.schema is not None

    def describe(self) -> str:
        """As Go prints a GroupVersionKind: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`."""
        return f"{self.group}/{self.version}, Kind={self.kind}"


def _kind(row: list[Any]) -> Kind:
    group, version, kind, plural, singular, short_names, namespaced, categories, verbs, subresources = row
    responses = tuple(
        Subresource(name, rest[0], rest[1], rest[2], tuple(rest[3])) for name, rest in sorted(subresources.items())
    )
    return Kind(
        group, version, kind, plural, singular, tuple(short_names), namespaced, tuple(categories),
        tuple(r.name for r in responses), tuple(verbs), responses,
    )  # fmt: skip


@cache
def builtin_kinds() -> tuple[Kind, ...]:
    """Every stable kind that a real API server serves without any CustomResourceDefinition."""
    return tuple(_kind(row) for row in table.kind_rows())


@cache
def builtin_kind(api_version: str, kind: str) -> Kind:
    """Raises KeyError when no such kind is built in."""
    for candidate in builtin_kinds():
        if (candidate.api_version, candidate.kind) == (api_version, kind):
            return candidate
    raise KeyError(f"{api_version}, Kind={kind}")
