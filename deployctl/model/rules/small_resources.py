"""As little as a namespace lets a container ask for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from deployctl.model.json import Json, items, mapping, text
from deployctl.model.manifest import Manifest
from deployctl.model.rules.requests import amounts

MEBI = Fraction(2**20)
LITTLE = {
    "cpu": (Fraction(1, 1000), Fraction(1, 5)),
    "memory": (MEBI, 64 * MEBI),
    "ephemeral-storage": (MEBI, 64 * MEBI),
}
"""Resource -> (request, limit) where nothing forbids it. A request is room on a node that may be full; a limit below
some MiB of memory would not even let the runtime make a container."""


@dataclass(frozen=True)
class _Bounds:
    least: Fraction
    most: Fraction | None
    ratio: Fraction | None
    """The largest limit there may be for a request of 1."""


def small_resources(limit_ranges: tuple[Manifest, ...], quotas: tuple[Manifest, ...], containers: int) -> Json:
    """`resources` for each container of a pod of so many. Requests and limits are both written, for a quota may ask for
    either; local storage only where the namespace counts it."""
    entries = [entry for one in limit_ranges for entry in items(one.body, "spec", "limits")]
    counted = {name.rpartition(".")[2] for one in quotas for name in mapping(one.body, "spec", "hard")}
    counted |= {name for entry in entries for part in ("min", "max", "default") for name in mapping(entry, part)}
    requests, limits = {}, {}
    for name in ("cpu", "memory", *({"ephemeral-storage"} & counted)):
        request, limit = _within(LITTLE[name], _bounds(entries, name, containers))
        requests[name], limits[name] = _written(name, request), _written(name, limit)
    return {"requests": requests, "limits": limits}


def _within(wished: tuple[Fraction, Fraction], bounds: _Bounds) -> tuple[Fraction, Fraction]:
    request, limit = (max(wish, bounds.least) for wish in wished)
    if bounds.most is not None:
        limit = min(limit, bounds.most)
    if bounds.ratio is not None:
        limit = min(limit, request * bounds.ratio)
    return min(request, limit), limit


def _bounds(entries: list[Json], name: str, containers: int) -> _Bounds:
    """Of all limit ranges; what a whole pod may have is shared among its containers."""
    least = max(_each(entries, "min", name, 1), default=Fraction(0))
    most = min(_each(entries, "max", name, containers), default=None)
    ratio = min(_each(entries, "maxLimitRequestRatio", name, 1), default=None)
    return _Bounds(least, most, ratio)


def _each(entries: list[Json], part: str, name: str, containers: int) -> Iterator[Fraction]:
    for entry in entries:
        found = amounts(mapping(entry, part)).get(name)
        if found is not None and text(entry, "type") in ("Container", "Pod"):
            yield found / containers if text(entry, "type") == "Pod" else found


def _written(name: str, amount: Fraction) -> str:
    """Whole millicores or bytes, rounded down: a bound from above must hold, and one from below is written as whole."""
    if name == "cpu":
        return f"{math.floor(amount * 1000)}m"
    return f"{math.floor(amount / MEBI)}Mi" if amount >= MEBI and not amount % MEBI else str(math.floor(amount))
