"""What DNS says of the overlay's hosts, asked beside everything else."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from deployctl.engine.target import Target
from deployctl.model.manifest import Manifest, ObjectRef
from deployctl.model.rules.balancers import balancers_of, hosts_of
from deployctl.ports import Names

PATIENCE = 1.5
"""Seconds that a plan waits for DNS once everything else is known."""


class Lookup:
    """One host, looked up in a thread that nobody waits for when Python ends."""

    def __init__(self, names: Names, host: str) -> None:
        self.addresses: tuple[str, ...] | None = None
        self._thread = threading.Thread(target=self._ask, args=(names, host), name="dns", daemon=True)
        self._thread.start()

    def _ask(self, names: Names, host: str) -> None:
        self.addresses = names.addresses(host)

    def wait(self, until: float) -> tuple[str, ...] | None:
        """None when there is no answer by then (monotonic seconds)."""
        self._thread.join(timeout=max(0.0, until - time.monotonic()))
        return self.addresses


def ask_names(
    target: Target, manifests: tuple[Manifest, ...], live: Mapping[ObjectRef, Manifest]
) -> Mapping[str, Lookup]:
    """The hosts of every ingress whose load balancer is known, and load balancers that are names themselves. None where
    the environment names another address to dial: a rehearsal, or DNS that differs inside."""
    if target.environment.connect_to:
        return {}
    wanted: dict[str, None] = {}
    for ingress in (m for m in manifests if m.ref.kind == "Ingress" and m.ref in live):
        balancers = balancers_of(live[ingress.ref].body)
        if balancers:
            wanted |= dict.fromkeys((*hosts_of(ingress.body), *(b for b in balancers if b[-1:].isalpha())))
    return {host: Lookup(target.ports.names, host) for host in wanted}


def looked_up(lookups: Mapping[str, Lookup]) -> Mapping[str, tuple[str, ...] | None]:
    """What came in time."""
    until = time.monotonic() + PATIENCE
    return {host: lookup.wait(until) for host, lookup in lookups.items()}
