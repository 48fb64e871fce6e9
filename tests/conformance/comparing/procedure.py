"""A procedure: steps that are put to a cluster, whose answers are compared with another cluster's.

Texts may name `$NS` (the procedure's namespace), `$OPEN` and `$PRIVATE` (the registries' hosts) and what a `Let` named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 150.0
"""Seconds that a busy machine is given to come to a state."""


@dataclass(frozen=True)
class Kubectl:
    """A command, without `kubectl` and `-n $NS`. With `until` it is repeated until its answer, made plain, has a match
    of that pattern. `ordered` is false where the order of lines is chance. What is not compared must
    succeed, or come to its `until`."""

    command: str
    stdin: str = ""
    until: str = ""
    user: str = ""
    """A ServiceAccount of the namespace that asks, instead of the administrator."""
    ordered: bool = True
    seconds: float = PATIENCE
    cluster_wide: bool = False
    compared: bool = True
    editor: str = ""
    without: str = ""
    """Lines with a match of this pattern are chance: not compared."""


@dataclass(frozen=True)
class Call:
    """A request to the API server. `body` is JSON-like, or text that is sent as it is."""

    method: str
    path: str
    body: Any = None
    type: str = "application/json"
    accept: str = "application/json"
    until: str = ""
    user: str = ""
    seconds: float = PATIENCE
    compared: bool = True
    calm: bool = False
    """Asked until it is answered the same twice in a row: for what is written a little later than it happens."""
    keep: Callable[[Any], Any] | None = None
    """What of the answer's body is compared; everything without it."""


@dataclass(frozen=True)
class Let:
    """Names what a kubectl command prints. Repeated until it prints something."""

    name: str
    command: str


@dataclass(frozen=True)
class Watch:
    """From here on every state of these objects is kept, for a `Story`."""

    resource: str
    """A path's end under the namespace, as `apis/apps/v1/deployments`."""


@dataclass(frozen=True)
class Story:
    """What a `Watch` saw, told by a function over the objects' states in their order."""

    resource: str
    tell: Callable[[list[dict[str, Any]]], Any]


@dataclass(frozen=True)
class Pause:
    """Seconds in which clusters do what cannot be waited for."""

    seconds: float


@dataclass(frozen=True)
class Skopeo:
    """A skopeo command; `@NAME` is the open registry's repository of the procedure, `%` the private one's."""

    command: str
    compared: bool = True


Step = Kubectl | Call | Let | Watch | Story | Pause | Skopeo


@dataclass(frozen=True)
class Procedure:
    name: str
    steps: tuple[Step, ...]
    namespace_labels: dict[str, str] = field(default_factory=dict)
    clean: tuple[str, ...] = ()
    """kubectl commands that remove what outlives the namespace."""


def k(command: str, stdin: str = "", **rest: Any) -> Kubectl:
    """A kubectl step."""
    return Kubectl(command, stdin, **rest)


def quiet(command: str, stdin: str = "", **rest: Any) -> Kubectl:
    """A kubectl step whose answer is compared elsewhere."""
    return Kubectl(command, stdin, compared=False, **rest)
