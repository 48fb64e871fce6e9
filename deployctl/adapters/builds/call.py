"""A call to Azure Resource Manager, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deployctl.model.json import Json


@dataclass(frozen=True)
class Call:
    """One call. `repeatable`: doing it twice does no harm."""

    method: str
    path: str
    version: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json | None = field(default=None, repr=False)
    repeatable: bool = True
