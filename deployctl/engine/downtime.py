"""Measured downtime: a probe of the health URL beside the release, from before the teardown until after."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from deployctl.engine.run import Run
from deployctl.model.http import Response
from deployctl.model.plan import HealthStep, ServicePlan
from deployctl.model.probing import Measured, Sample, measure
from deployctl.model.rules.health import judge_health
from deployctl.model.rules.probing import answer_kind, probe_interval, version_in

TOO_MANY = 429


@dataclass
class Meter:
    """The samples of one service's URL."""

    step: HealthStep
    samples: list[Sample] = field(default_factory=list)

    def measured(self, ready_at: float | None) -> Measured:
        """What the samples come to so far."""
        return measure(tuple(self.samples), ready_at)


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
    pause = probe_interval(run.target.environment.policies.health_interval)
    while not stop.is_set():
        for meter in meters:
            sample = _sample(run, meter.step, services[meter.step.service])
            meter.samples += [sample] if sample else []
        stop.wait(pause * len(meters))


def _sample(run: Run, step: HealthStep, service: ServicePlan) -> Sample | None:
    """None when the answer says nothing of the service: somebody asks too often."""
    check = service.service.health
    at = run.target.ports.clock.monotonic()
    # Any version is served here: the old one is as good as the new one until the teardown.
    assert check is not None, "only a service with a health check is asked"
    answer = run.target.ports.probe.get(step.url)
    if isinstance(answer, Response) and answer.status == TOO_MANY:
        return None
    return Sample(at, answer_kind(answer, judge_health(answer, check, "")), version_in(answer, check))
