"""What every check of a pod's security uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from deployctl.sandbox.api.tables.text import get
from deployctl.sandbox.contracts import Object


@dataclass(frozen=True)
class Violation:
    """What is wrong in a few words, and where."""

    reason: str
    detail: str = ""


Check = Callable[[Object], Violation | None]


def containers(pod: Object) -> Iterator[Object]:
    spec = pod.get("spec") or {}
    for field in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(field) or []


def context(holder: Object, path: str) -> Any:
    """A value of a container's or pod's securityContext."""
    return get(holder, f"securityContext.{path}")


def quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def plural(word: str, items: Sequence[Any]) -> str:
    return word if len(items) == 1 else word + "s"


def named(items: Sequence[Object]) -> str:
    """`container "a"`, `containers "a", "b"`."""
    return f"{plural('container', items)} {quoted([c['name'] for c in items])}"


def uses(items: Sequence[Any]) -> str:
    return "uses" if len(items) == 1 else "use"


def offenders(pod: Object, wrong: Callable[[Object], bool]) -> list[Object]:
    return [container for container in containers(pod) if wrong(container)]


def setters(pod: Object, wrong: Callable[[Object], bool]) -> list[str]:
    """The pod and the containers that set something wrong, to be joined by "and"."""
    own = ["pod"] if wrong(pod.get("spec") or {}) else []
    bad = offenders(pod, wrong)
    return [*own, *([named(bad)] if bad else [])]
