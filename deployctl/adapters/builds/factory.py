"""Makes the ImageBuilder port from configuration. Azure's libraries are imported when a build begins."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from deployctl.adapters.builds.acr import AcrBuilder
from deployctl.adapters.clock import SystemClock
from deployctl.adapters.identity.chain import make_identity
from deployctl.adapters.transport import Transport
from deployctl.model.environment import RegistryConfig
from deployctl.ports import Clock

if TYPE_CHECKING:
    from deployctl.adapters.builds.arm import Arm


def make_builder(
    config: RegistryConfig,
    *,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    timeout: float = 30.0,
    poll: float = 1.0,
) -> AcrBuilder | None:
    """The builder of a registry; None where images are built elsewhere.

    `timeout` is seconds for one HTTP attempt, `poll` seconds between two looks at a run. Nothing is contacted, and no
    identity looked for, before a build begins.
    """
    if config.builder == "none":
        return None
    env = os.environ if environ is None else environ
    clock = clock or SystemClock()
    transport = Transport(clock, ca_file=config.ca_file, timeout=timeout, environ=env)

    def connect() -> Arm:
        from deployctl.adapters.builds.arm import Arm  # noqa: PLC0415 - azure-core costs 60 ms to import

        identity = make_identity(authority=config.authority, ca_file=config.ca_file, transport=transport, environ=env)
        return Arm(config.arm_endpoint, identity, clock, ca_file=config.ca_file, timeout=timeout)

    return AcrBuilder(config, connect, transport, clock, poll)
