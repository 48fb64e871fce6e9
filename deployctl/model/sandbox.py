"""The embedded cluster as its commands tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SandboxFault:
    """Something that goes wrong on purpose; `times` is how often it still will, None for always."""

    id: str
    kind: str
    parameters: Mapping[str, object]
    times: int | None = None


@dataclass(frozen=True)
class FaultKind:
    """A kind of fault: parameters by name, with the words for their values; those that it must have."""

    kind: str
    meaning: str
    parameters: Mapping[str, str]
    required: tuple[str, ...]


@dataclass(frozen=True)
class SandboxRequest:
    """One request that its servers answered; status 0 is no answer. `seconds` is the wall's."""

    time: datetime
    server: str
    user: str
    method: str
    path: str
    verb: str
    resource: str
    namespace: str
    name: str
    subresource: str
    status: int
    seconds: float
    user_agent: str


@dataclass(frozen=True)
class FaultsRead:
    """What goes wrong, in the order in which it was asked for."""

    faults: tuple[SandboxFault, ...]


@dataclass(frozen=True)
class FaultKindsRead:
    """Which faults there are."""

    kinds: tuple[FaultKind, ...]


@dataclass(frozen=True)
class RequestsRead:
    """A part of the request log; `count` is how many there were in all: a mark to ask on from."""

    count: int
    requests: tuple[SandboxRequest, ...]
