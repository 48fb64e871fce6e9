"""The board of faults: what goes wrong on purpose, as data that may change while the sandbox runs.

A fault is a kind and its parameters, for example in TOML

    [[faults]]
    kind = "registry-error"
    status = 429
    retry_after = 2
    path = "/v2/*/manifests/*"
    times = 3

`KINDS` (in `fault_kinds`) says which exist. A parameter that selects (`host`, `path`, `pod` …) is a shell pattern.
Every kind takes `times` (how often it happens), `probability` and an `id` to remove it by.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from deployctl.sandbox.fault_kinds import checked


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. `times` of them left, or None for as long as it stands."""

    id: str
    kind: str
    parameters: Mapping[str, Any]
    times: int | None = None

    def document(self) -> dict[str, Any]:
        """As the control endpoint shows it."""
        left = {} if self.times is None else {"times": self.times}
        return {"id": self.id, "kind": self.kind, **self.parameters, **left}


@dataclass
class FaultBoard:
    """Implements `contracts.Faults`; `add`, `remove` and `clear` are the control endpoint's."""

    _faults: dict[str, Fault] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, kind: str, parameters: Mapping[str, Any]) -> Fault:
        """Raises ValueError, naming the nearest kind or parameter, when there is no such fault."""
        values = checked(kind, parameters)
        times = values.pop("times", None)
        fault = Fault(str(values.pop("id", "")) or f"{kind}-{next(self._numbers)}", kind, values, times)
        self._faults[fault.id] = fault
        return fault

    def remove(self, id: str) -> bool:
        """Whether there was one of that id, or any of that kind."""
        gone = [fault.id for fault in self._faults.values() if id in {fault.id, fault.kind}]
        for found in gone:
            del self._faults[found]
        return bool(gone)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()

    def all(self) -> tuple[Fault, ...]:
        """In the order they were added."""
        return tuple(self._faults.values())

    def active(self, kind: str) -> tuple[Mapping[str, Any], ...]:
        """The parameters of every active fault of the kind, its `id` among them (for `spend`)."""
        return tuple({"id": f.id, **f.parameters} for f in self._faults.values() if f.kind == kind)

    def spend(self, id: str) -> None:
        """A fault with `times` has happened once more; it goes after the last."""
        fault = self._faults.get(id)
        if fault is None or fault.times is None:
            return
        if fault.times <= 1:
            del self._faults[id]
        else:
            self._faults[id] = Fault(fault.id, fault.kind, fault.parameters, fault.times - 1)

    def take(self, kind: str, **facts: str) -> Mapping[str, Any] | None:
        """The first active fault whose selecting parameters fit the facts; counted as having happened."""
        for parameters in self.active(kind):
            if fits(parameters, facts) and random.random() < parameters.get("probability", 1):  # noqa: S311  # no secret
                self.spend(parameters["id"])
                return parameters
        return None


def fits(parameters: Mapping[str, Any], facts: Mapping[str, str]) -> bool:
    """Whether every parameter that is also a fact, as a shell pattern, fits it."""
    return all(fnmatchcase(value, str(parameters[name])) for name, value in facts.items() if name in parameters)
