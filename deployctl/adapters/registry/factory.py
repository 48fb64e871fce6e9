"""Makes the Registry port from configuration. Azure's libraries are imported only when their turn comes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from deployctl.adapters.clock import SystemClock
from deployctl.adapters.identity.chain import make_identity
from deployctl.adapters.registry.chain import RegistryChain
from deployctl.adapters.registry.opening import door_opener
from deployctl.adapters.registry.pull_check import RegistryPullCheck
from deployctl.adapters.registry.sources import (
    AnonymousSource,
    DockerSource,
    EnvironmentSource,
    PullSecretSource,
    Source,
)
from deployctl.adapters.registry.ways import AzureWay, Door, OciWay, Way
from deployctl.adapters.transport import Transport
from deployctl.model.environment import RegistryConfig
from deployctl.ports import Clock

ReadPullSecrets = Callable[[], Mapping[str, bytes]]
"""Secret name -> the body of its `.dockerconfigjson` (or `.dockercfg`); may raise."""

AUTO = ("environment", "azure", "docker", "pull-secret", "anonymous")


def make_registry(
    config: RegistryConfig,
    *,
    read_pull_secrets: ReadPullSecrets | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    timeout: float = 30.0,
) -> RegistryChain:
    """The registry of an environment, with the credentials that its configuration allows, in the documented order.

    `timeout` is seconds for one HTTP attempt; all of a request's attempts take at most a minute. Nothing is
    contacted, read or run before the first call.
    """
    env = os.environ if environ is None else environ
    clock = clock or SystemClock()
    transport = Transport(clock, ca_file=config.ca_file, timeout=timeout, environ=env)
    names = AUTO if config.credentials == "auto" else (config.credentials,)

    open_door = door_opener(config, transport, clock)

    def open_azure() -> Door:
        from deployctl.adapters.registry.acr import AcrDoor  # noqa: PLC0415 - Azure's SDK costs 0.2 s to import

        identity = make_identity(
            authority=config.authority,
            ca_file=config.ca_file,
            transport=transport,
            environ=env,
            choice=config.identity,
        )
        return AcrDoor(config.endpoint or config.login_server, config.login_server, identity, config.ca_file)

    def way(name: str) -> Way | None:
        if name == "azure":
            return AzureWay(config.login_server, open_azure) if config.kind == "acr" else None
        source = _source(name, config, env, read_pull_secrets)
        return OciWay(source, open_door) if source else None

    ways = tuple(found for found in map(way, names) if found)
    return RegistryChain(config.login_server, ways, acr=config.kind == "acr", close=transport.close)


def make_pull_check(
    config: RegistryConfig,
    read_pull_secrets: ReadPullSecrets,
    *,
    environ: Mapping[str, str],
    clock: Clock,
    timeout: float = 30.0,
) -> RegistryPullCheck:
    """Tries pull secrets, and nothing else: what this machine may do is no proof of what a node may."""
    transport = Transport(clock, ca_file=config.ca_file, timeout=timeout, environ=environ)
    return RegistryPullCheck(read_pull_secrets, door_opener(config, transport, clock), clock)


def _source(
    name: str, config: RegistryConfig, environ: Mapping[str, str], read: ReadPullSecrets | None
) -> Source | None:
    if name == "environment":
        return EnvironmentSource(environ, config.login_server)
    if name == "docker":
        return DockerSource(environ)
    if name == "pull-secret" and read is not None:
        return PullSecretSource(read, config.pull_secret)
    return AnonymousSource() if name == "anonymous" else None
