"""Doors of one registry: where it answers and how it is trusted, for any credential."""

from __future__ import annotations

from collections.abc import Callable

from deployctl.adapters.registry.credential import Credential
from deployctl.adapters.registry.oci import OciDoor
from deployctl.adapters.registry.session import Session
from deployctl.adapters.registry.tokens import TokenServer
from deployctl.adapters.transport import Transport
from deployctl.model.environment import RegistryConfig
from deployctl.ports import Clock


def door_opener(config: RegistryConfig, transport: Transport, clock: Clock) -> Callable[[str, Credential], OciDoor]:
    """A function of host and credential. Only the configured login server may answer at another address."""

    def open_door(host: str, credential: Credential) -> OciDoor:
        address = config.endpoint if config.endpoint and host == config.login_server else host
        tokens = TokenServer(transport, credential, clock, registry=address)
        tls = True if config.ca_file else None
        return OciDoor(Session(address, credential, transport, tokens, tls=tls))

    return open_door
