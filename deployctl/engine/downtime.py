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
    """Probe every planned health URL in the background until the block is left; a thread each, so that none waits for
    an answer that another does not get."""
    meters = tuple(Meter(step) for step in run.plan.steps if isinstance(step, HealthStep))
    pause = len(meters) * probe_interval(run.target.environment.policies.health_interval)
    stop = threading.Event()
    threads = [
        threading.Thread(target=_probe, args=(run, m, pause, stop), name="downtime", daemon=True) for m in meters
    ]
    for thread in threads:
        thread.start()
    try:
        yield meters
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=run.target.environment.policies.deadlines.request)


def _probe(run: Run, meter: Meter, pause: float, stop: threading.Event) -> None:
    """Every `pause` seconds, and at once after an answer that took longer: what is not served ends when it is seen."""
    service = next(s for s in run.plan.services if s.service.name == meter.step.service)
    clock = run.target.ports.clock
    while not stop.is_set():
        began = clock.monotonic()
        sample = _sample(run, meter.step, service)
        meter.samples += [sample] if sample else []
        stop.wait(max(0.0, pause - (clock.monotonic() - began)))


def _sample(run: Run, step: HealthStep, service: ServicePlan) -> Sample | None:
    """None when the answer says nothing of the service: somebody asks too often."""
    check = service.service.health
    at = run.target.ports.clock.monotonic()
    # Any version is served here: the old one is as good as the new one until the teardown.
    assert check is not None, "only a service with a health check is asked"
    answer = run.target.ports.probe.get(step.url, run.target.environment.policies.deadlines.probe)
    if isinstance(answer, Response) and answer.status == TOO_MANY:
        return None
    return Sample(at, answer_kind(answer, judge_health(answer, check, "")), version_in(answer, check))
