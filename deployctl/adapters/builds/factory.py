"""Makes the ImageBuilder and ImageCopier ports from configuration. Azure's libraries are imported when work begins."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from deployctl.adapters.builds.acr import AcrBuilder
from deployctl.adapters.builds.docker import DockerBuilder
from deployctl.adapters.builds.importer import AcrCopier
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
) -> AcrBuilder | DockerBuilder | None:
    """The builder of a registry; None where images are built elsewhere.

    `timeout` is seconds for one HTTP attempt, `poll` seconds between two looks at a run. Nothing is contacted, and no
    identity looked for, before a build begins.
    """
    if config.builder == "none":
        return None
    env = os.environ if environ is None else environ
    clock = clock or SystemClock()
    if config.builder != "acr":
        return DockerBuilder(config.builder, env, clock)
    transport = Transport(clock, ca_file=config.ca_file, timeout=timeout, environ=env)
    return AcrBuilder(config, _arm(config, transport, env, clock, timeout), transport, clock, poll)


def make_copier(
    config: RegistryConfig,
    sources: Iterable[RegistryConfig],
    *,
    environ: Mapping[str, str],
    clock: Clock,
    timeout: float = 30.0,
    poll: float = 1.0,
) -> AcrCopier | None:
    """Copies images from the `sources` into this registry; None where it is no Azure registry."""
    if config.kind != "acr":
        return None
    transport = Transport(clock, ca_file=config.ca_file, timeout=timeout, environ=environ)
    known = {one.login_server: one for one in (*sources, config)}
    return AcrCopier(config, known, _arm(config, transport, environ, clock, timeout), clock, poll)


def _arm(
    config: RegistryConfig, transport: Transport, environ: Mapping[str, str], clock: Clock, timeout: float
) -> Callable[[], Arm]:
    def connect() -> Arm:
        from deployctl.adapters.builds.arm import Arm  # noqa: PLC0415 - azure-core costs 60 ms to import

        identity = make_identity(
            authority=config.authority,
            ca_file=config.ca_file,
            transport=transport,
            environ=environ,
            choice=config.identity,
        )
        return Arm(config.arm_endpoint, identity, clock, ca_file=config.ca_file, timeout=timeout)

    return connect
