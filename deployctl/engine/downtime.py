"""Measured downtime: a probe of the health URL beside the release, from before the teardown until after."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from deployctl.engine.run import Run
from deployctl.model.plan import HealthStep, ServicePlan
from deployctl.model.rules.health import judge_health

INTERVAL = 0.5
"""Seconds between two probes: 120 a minute, under the 200 that the first user's API allows one address."""


@dataclass(frozen=True)
class Sample:
    """One probe."""

    at: float
    """Monotonic seconds at which the request was sent."""
    good: bool


@dataclass
class Meter:
    """The samples of one service's URL."""

    step: HealthStep
    samples: list[Sample] = field(default_factory=list)

    @property
    def failures(self) -> int:
        return sum(1 for sample in self.samples if not sample.good)

    @property
    def seconds(self) -> float:
        return unserved(tuple(self.samples))


def unserved(samples: tuple[Sample, ...]) -> float:
    """Seconds not served: each bad sample counts until the next good one, or the last sample."""
    total, since = 0.0, None
    for sample in samples:
        if not sample.good and since is None:
            since = sample.at
        elif sample.good and since is not None:
            total, since = total + sample.at - since, None
    return total if since is None else total + samples[-1].at - since


@contextmanager
def metered(run: Run) -> Iterator[tuple[Meter, ...]]:
    """Probe every planned health URL in the background until the block is left; one thread for all."""
    meters = tuple(Meter(step) for step in run.plan.steps if isinstance(step, HealthStep))
    stop = threading.Event()
    thread = threading.Thread(target=_probe, args=(run, meters, stop), name="downtime", daemon=True)
    if meters:
        thread.start()
    try:
        yield meters
    finally:
        stop.set()
        if meters:
            thread.join(timeout=run.target.environment.policies.deadlines.request)


def _probe(run: Run, meters: tuple[Meter, ...], stop: threading.Event) -> None:
    services = {s.service.name: s for s in run.plan.services}
    while not stop.is_set():
        for meter in meters:
            meter.samples.append(_sample(run, meter.step, services[meter.step.service]))
        stop.wait(INTERVAL * len(meters))


def _sample(run: Run, step: HealthStep, service: ServicePlan) -> Sample:
    check = service.service.health
    at = run.target.ports.clock.monotonic()
    # Any version is served here: the old one is as good as the new one until the teardown.
    good = check is not None and judge_health(run.target.ports.probe.get(step.url), check, "").good
    return Sample(at, good)
