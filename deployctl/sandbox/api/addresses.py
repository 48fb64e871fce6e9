"""Cluster addresses and node ports of services."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterable, Iterator
from itertools import chain

from deployctl.sandbox.contracts import Object

NODE_PORTS = range(30000, 32768)
_STATIC = 16
"""The first addresses are left to services that ask for one."""


class Taken(ValueError):
    """An address or port that a service asked for and cannot have; the text is the API server's."""


class Addresses:
    """Which of the service network are in use. Picking one does not take it: storing a service does."""

    def __init__(self, network: str = "10.96.0.0/16", services: Iterable[Object] = ()) -> None:
        self.network = ipaddress.ip_network(network)
        self._used: set[str] = set()
        self._ports: set[int] = set()
        self._random = random.Random(network)  # noqa: S311 - spreads addresses, guards nothing
        for service in services:
            self.claim(service)

    @property
    def first(self) -> str:
        """The API server's own."""
        return str(self.network[1])

    def pick_address(self) -> str:
        """A free one. Raises Taken when the network is full."""
        start = self._random.randrange(_STATIC, self.network.num_addresses - 1)
        for place in chain(range(start, self.network.num_addresses - 1), range(2, start)):
            candidate = str(self.network[place])
            if candidate not in self._used:
                return candidate
        raise Taken("range is full")

    def check_address(self, address: str) -> None:
        """Raises Taken when a service cannot have it."""
        if ipaddress.ip_address(address) not in self.network:
            raise Taken(f"failed to allocate IP {address}: the provided network does not match the current range")
        if address in self._used:
            raise Taken(f"failed to allocate IP {address}: provided IP is already allocated")

    def pick_port(self, besides: Iterable[int] = ()) -> int:
        """A free node port. Raises Taken when there is none."""
        start = NODE_PORTS[self._random.randrange(len(NODE_PORTS))]
        busy = self._ports.union(besides)
        for candidate in chain(range(start, NODE_PORTS.stop), range(NODE_PORTS.start, start)):
            if candidate not in busy:
                return candidate
        raise Taken("range is full")

    def check_port(self, port: int) -> None:
        """Raises Taken when a service cannot have it."""
        if port not in NODE_PORTS:
            valid = f"{NODE_PORTS.start}-{NODE_PORTS.stop - 1}"
            raise Taken(f"provided port is not in the valid range. The range of valid ports is {valid}")
        if port in self._ports:
            raise Taken("provided port is already allocated")

    def claim(self, service: Object) -> None:
        self._used.update(addresses_of(service))
        self._ports.update(ports_of(service))

    def release(self, service: Object) -> None:
        self._used.difference_update(addresses_of(service))
        self._ports.difference_update(ports_of(service))


def addresses_of(service: Object) -> Iterator[str]:
    yield from (ip for ip in (service.get("spec") or {}).get("clusterIPs") or [] if ip != "None")


def ports_of(service: Object) -> Iterator[int]:
    spec = service.get("spec") or {}
    yield from (port["nodePort"] for port in spec.get("ports") or [] if port.get("nodePort"))
    if spec.get("healthCheckNodePort"):
        yield spec["healthCheckNodePort"]
