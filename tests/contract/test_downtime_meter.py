"""The measured downtime against a real server: a late answer is none, and the next is asked for at once."""

from __future__ import annotations

import time
from dataclasses import replace

from scripted_http import Asked, Say, serving
from shop import POLICIES, Shop

from deployctl.adapters.clock import SystemClock
from deployctl.adapters.http_probe import HttpProbe
from deployctl.engine.downtime import metered
from deployctl.engine.run import Run
from deployctl.model.environment import Deadlines
from deployctl.model.plan import HealthStep
from deployctl.model.request import ReleaseRequest

HEALTHY = Say(body={"status": "ok"}, headers={"Content-Type": "application/json"})


def test_a_connection_that_hangs_counts_as_not_served_from_its_start_until_the_next_answer() -> None:
    """A proxy that holds a request until there is a backend again, and answers it well after all."""
    shop, clock = Shop(), SystemClock()
    asked: list[str] = []

    def script(one: Asked) -> Say:
        asked.append(one.path)
        return replace(HEALTHY, after=6.0) if len(asked) == 2 else HEALTHY

    with serving(script) as served:
        probe = HttpProbe(clock)
        policies = replace(POLICIES, deadlines=Deadlines(probe=0.4))
        environment = replace(shop.target.environment, policies=policies)
        target = replace(
            shop.target, environment=environment, ports=replace(shop.fakes.ports, probe=probe, clock=clock)
        )
        steps = (HealthStep("api", f"http://{served.address}/health"),)
        plan = replace(shop.plan(ReleaseRequest(("api",))), steps=steps)
        run = Run(target, plan, shop.world(), "now")
        with metered(run) as (meter,):
            end = time.monotonic() + 30
            while len(meter.samples) < 4 and time.monotonic() < end:
                time.sleep(0.05)
    first, hung, next_one, *_ = meter.samples
    assert [sample.kind for sample in (first, hung, next_one)] == ["good", "unserved", "good"]
    assert meter.measured(None).unserved == next_one.at - hung.at
    assert 0.4 <= next_one.at - hung.at < 3.0, "it does not wait for the pause on top of what it waited for"
