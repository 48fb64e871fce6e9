"""Two commands in turn, A B A B …, and the ratio pair by pair: what holds while the machine's speed drifts."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Ratio:
    """A/B of each pair."""

    pairs: tuple[tuple[float, float], ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        return tuple(sorted(a / b for a, b in self.pairs))

    @property
    def median(self) -> float:
        return median(self.ratios)

    def __str__(self) -> str:
        a, b = median(a for a, _ in self.pairs), median(b for _, b in self.pairs)
        low, high = self.ratios[0], self.ratios[-1]
        return f"{self.median:.2f} (of {len(self.pairs)} pairs, {low:.2f} to {high:.2f}; medians {a:.3f} s, {b:.3f} s)"


def paired(first: Callable[[], object], second: Callable[[], object], pairs: int, warm_up: int = 1) -> Ratio:
    """Seconds of each, measured in turn after `warm_up` uncounted pairs."""
    found = [(timed(first), timed(second)) for _ in range(warm_up + pairs)]
    return Ratio(tuple(found[warm_up:]))


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def command(*words: str, environment: dict[str, str] | None = None) -> Callable[[], None]:
    """A command run to its end; it must succeed."""
    arguments: Sequence[str] = words

    def run() -> None:
        env = {**os.environ, **(environment or {})}
        subprocess.run(arguments, check=True, capture_output=True, env=env)

    return run
